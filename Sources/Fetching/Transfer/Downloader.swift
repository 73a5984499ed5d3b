internal import CFetching
internal import Foundation

/// One file from a server to the disk: resumed, tried again, checked, and named when whole.
struct Downloader {
  let file: RemoteFile
  let address: Address
  /// Where the file shall stand.
  let target: String
  let replace: Bool
  /// Whether as much room again is needed, for what is in it.
  let isUnpacked: Bool
  let settings: TransferSettings
  let emit: (FetchEvent) -> Void
  let isStopped: () -> Bool

  private static let redirects = 10

  /// How one attempt ended.
  private enum Attempt {
    case whole
    case stopped
    /// Worth another try, after at least so many seconds.
    case again(reason: String, pause: Double)
  }

  /// Downloads; nil where it was stopped. The file is locked as long as the result lives.
  func run() throws(FetchError) -> FileLock? {
    _ = try FetchLibraries.curl()
    let part = try PartFile(target: target)
    defer { part.end() }
    // What came from elsewhere, or from an unknown place, is not continued.
    if part.size > 0, part.notes?.address != address.shown { try part.empty() }
    emit(.started(file: target, address: address.shown, offset: part.size, approximate: file.approximateSize))
    guard try arrive(part) else {
      let kept = part.size > 0 ? byteText(part.size) + (part.notes?.size.map { " of \(byteText($0))" } ?? "") : ""
      emit(.stopped(path: part.path, kept: kept))
      return nil
    }
    emit(.progress(done: part.size, total: part.size))
    if let expected = file.size, part.size != expected {
      let found = part.size
      part.discard()
      throw .wrongSize(address: address.shown, expected: expected, found: found)
    }
    if let checksum = file.checksum {
      emit(.verifying(path: part.path))
      guard let digest = try fileDigest(part.path, isStopped: isStopped) else {
        emit(.stopped(path: part.path, kept: byteText(part.size)))
        return nil
      }
      guard checksum.matches(digest) else {
        part.discard()
        throw .wrongChecksum(file: file.name, address: address.shown, expected: checksum.hexadecimal, found: digest)
      }
    }
    return try part.commit(replace: replace)
  }

  /// Refuses where the rest does not fit on the disk.
  func requireRoom(for rest: Int64, of total: Int64) throws(FetchError) {
    try Disk.require(isUnpacked ? rest + total : rest, in: Disk.folder(of: target), for: target)
  }

  /// Tries until all is there; false where it was stopped.
  private func arrive(_ part: PartFile) throws(FetchError) -> Bool {
    // Failures in a row without progress, which is more than ever arrived: a server that always begins anew and breaks off is given up at last.
    var best = part.size
    var failures = 0
    while !part.isWhole {
      guard !isStopped() else { return false }
      switch try attempt(part) {
      case .whole: return true
      case .stopped: return false
      case .again(let reason, let least):
        if part.size > best {
          best = part.size
          failures = 0
        } else {
          failures += 1
        }
        guard failures < settings.attempts else {
          throw .broken(address: address.shown, attempts: failures, reason: reason, kept: part.size, part: part.path)
        }
        let pause = max(least, min(30, settings.pause * pow(2, Double(max(0, failures - 1)))))
        emit(.retrying(reason: reason, failures: failures, limit: settings.attempts, pause: pause))
        guard wait(pause) else { return false }
      }
    }
    return true
  }

  /// One request, through redirects.
  private func attempt(_ part: PartFile) throws(FetchError) -> Attempt {
    var place = address
    for _ in 0...Downloader.redirects {
      let exchange = Exchange(self, part: part, address: place)
      var response = exchange.perform()
      if let failure = exchange.failure { throw failure }
      if let mismatch = exchange.mismatch {
        try part.empty()
        emit(.restarted(reason: mismatch))
        return .again(reason: mismatch, pause: 0)
      }
      let reason = text(&response.reason.0, MemoryLayout.size(ofValue: response.reason))
      switch response.outcome {
      case CF_COMPLETE: break
      // Otherwise it was an error page of more than a megabyte, whose status is known.
      case CF_STOPPED: if isStopped() { return .stopped }
      case CF_BROKEN: return .again(reason: reason, pause: 0)
      case CF_UNTRUSTED: throw .untrusted(address: place.shown, reason: reason)
      default: throw .transfer(address: place.shown, reason: reason)
      }
      let redirect = text(&response.redirect.0, MemoryLayout.size(ofValue: response.redirect))
      guard redirect.isEmpty else {
        place = try place.redirected(to: redirect)
        continue
      }
      return try conclude(exchange, part: part, status: Int(response.status), place: place)
    }
    throw .redirect(address: address.shown, to: place.shown, reason: "there are more than \(Downloader.redirects) redirects")
  }

  /// What a complete answer without a redirect means.
  private func conclude(_ exchange: Exchange, part: PartFile, status: Int, place: Address) throws(FetchError) -> Attempt {
    if exchange.isAccepted {
      guard let total = part.notes?.size else { return .whole }
      if part.size > total { try part.empty() }
      return part.size == total ? .whole : .again(reason: "the server sent too little", pause: 0)
    }
    switch status {
    case 416 where part.size > 0:
      // Nothing beyond what is there: it is whole, or was never this file's.
      if exchange.headers.rangeTotal == part.size { return .whole }
      try part.empty()
      emit(.restarted(reason: "the file on the server has changed"))
      return .again(reason: "the server has no such part", pause: 0)
    case 408, 429, 500...599:
      return .again(reason: "the server answers \(status)", pause: min(120, exchange.headers.retryAfter ?? 0))
    default: throw .refused(address: place.shown, status: status)
    }
  }

  /// Sleeps; false where it was stopped.
  private func wait(_ seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isStopped() { return false }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return !isStopped()
  }

  private func text(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: count).prefix { $0 != 0 }, as: UTF8.self)
  }
}
