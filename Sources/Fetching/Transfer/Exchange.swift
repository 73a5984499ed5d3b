internal import CFetching

/// One request and its answer: looks at the headers, then appends the body to the part file or says why not.
final class Exchange {
  private(set) var headers = ResponseHeaders()
  /// Whether the body goes into the part file.
  private(set) var isAccepted = false
  /// What ends the download.
  private(set) var failure: FetchError?
  /// Why what has arrived before cannot be continued with this answer.
  private(set) var mismatch: String?

  private let download: Downloader
  private let part: PartFile
  private let address: Address
  private var isDecided = false
  private var ignored = 0
  private var shown = ContinuousClock.now

  init(_ download: Downloader, part: PartFile, address: Address) {
    self.download = download
    self.part = part
    self.address = address
  }

  /// Asks for what is missing, and takes in what comes.
  func perform() -> cf_response {
    let settings = download.settings
    var response = cf_response()
    let context = Unmanaged.passUnretained(self).toOpaque()
    // C strings that live as long as the call.
    withCString(part.notes?.validator) { validator in
      withCString(settings.certificates) { certificates in
        address.text.withCString { url in
          settings.userAgent.withCString { agent in
            var request = cf_request(
              url: url, offset: part.size, if_range: validator, user_agent: agent, certificates: certificates,
              connect_timeout: settings.connectTimeout, stall_timeout: settings.stallTimeout, context: context,
              header: { bytes, count, context in Exchange.at(context).header(bytes, count) },
              body: { bytes, count, context in Exchange.at(context).body(bytes, count) },
              stop: { context in Exchange.at(context).download.isStopped() })
            cf_get(&request, &response)
          }
        }
      }
    }
    // An empty body is never announced.
    if response.outcome == CF_COMPLETE { decide() }
    return response
  }

  private static func at(_ context: UnsafeMutableRawPointer) -> Exchange {
    Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  private func header(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
    headers.add(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
    return count
  }

  private func body(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
    decide()
    guard failure == nil, mismatch == nil else { return 0 }
    guard isAccepted else {
      // An error page, or a redirect's; no longer than it need be.
      ignored += count
      return ignored < 1 << 20 ? count : 0
    }
    do {
      try part.append(UnsafeRawBufferPointer(start: bytes, count: count))
    } catch {
      failure = error
      return 0
    }
    let now = ContinuousClock.now
    if now - shown >= .milliseconds(100) {
      shown = now
      download.emit(.progress(done: part.size, total: part.notes?.size))
    }
    return count
  }

  /// Once all headers are there.
  private func decide() {
    guard !isDecided else { return }
    isDecided = true
    do {
      switch headers.status {
      case 200: try acceptWhole()
      case 206: try acceptRest()
      default: break
      }
    } catch {
      failure = error
    }
  }

  private func acceptWhole() throws(FetchError) {
    try check(size: headers.length)
    let offset = part.size
    let changed = part.notes?.differs(from: headers) ?? false
    // What has arrived makes way.
    let length = headers.length ?? 0
    try download.requireRoom(for: max(0, length - offset), of: length)
    try part.begin(
      PartNotes(
        address: download.address.shown, entityTag: headers.entityTag, lastModified: headers.lastModified, size: headers.length))
    if offset > 0 {
      download.emit(
        .restarted(reason: changed ? "the file on the server has changed" : "the server sends it only from the beginning"))
    }
    isAccepted = true
  }

  private func acceptRest() throws(FetchError) {
    guard let notes = part.notes, headers.rangeStart == part.size else {
      mismatch = "the server sent another part than was asked for"
      return
    }
    // Some servers continue whatever they have, whether or not it is the file that was begun.
    guard !notes.differs(from: headers) else {
      mismatch = "the file on the server has changed"
      return
    }
    try check(size: headers.rangeTotal)
    if let total = headers.rangeTotal { try download.requireRoom(for: total - part.size, of: total) }
    isAccepted = true
  }

  private func check(size: Int64?) throws(FetchError) {
    guard let size, let expected = download.file.size, size != expected else { return }
    throw .wrongSize(address: address.shown, expected: expected, found: size)
  }
}

private func withCString<Value>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Value) -> Value {
  guard let text else { return body(nil) }
  return text.withCString { body($0) }
}
