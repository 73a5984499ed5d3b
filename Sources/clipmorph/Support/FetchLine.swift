import Fetching

/// An event of fetching as a line of JSON; what does not belong to an event is left out.
struct FetchLine: Encodable {
  var event: String
  var name: String
  var path: String?
  var address: String?
  var offset: Int64?
  var done: Int64?
  var total: Int64?
  var bytes: Int64?
  var pictures: Int?
  var failures: Int?
  var pause: Double?
  var message: String?
  var status: Int32?

  init(_ event: String, name: String, message: String? = nil, status: Int32? = nil) {
    self.event = event
    self.name = name
    self.message = message
    self.status = status
  }

  init(_ event: FetchEvent, name: String) {
    switch event {
    case .present(let path, let pictures):
      self.init("present", name: name)
      self.path = path
      self.pictures = pictures
    case .started(let file, let address, let offset, let approximate):
      self.init("fetching", name: name)
      path = file
      self.address = address
      self.offset = offset
      bytes = approximate
    case .progress(let done, let total):
      self.init("progress", name: name)
      self.done = done
      self.total = total
    case .restarted(let reason): self.init("restarted", name: name, message: reason)
    case .retrying(let reason, let failures, _, let pause):
      self.init("retrying", name: name, message: reason)
      self.failures = failures
      self.pause = pause
    case .verifying(let path):
      self.init("verifying", name: name)
      self.path = path
    case .unpacking(let archive, _, let total, let bytes):
      self.init("unpacking", name: name)
      path = archive
      pictures = total
      self.bytes = bytes
    case .unpacked(let done, let total):
      self.init("unpacked", name: name)
      self.done = Int64(done)
      self.total = Int64(total)
    case .warning(let text): self.init("warning", name: name, message: text)
    case .finished(let path, let bytes, let pictures):
      self.init("fetched", name: name)
      self.path = path
      self.bytes = bytes
      self.pictures = pictures
    case .stopped(let path, let kept):
      self.init("stopped", name: name, message: kept)
      self.path = path
    }
  }
}
