/// What can go wrong while files are fetched.
public enum FetchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A library that fetching needs cannot be loaded.
  case missingLibrary(name: String, reason: String)
  /// An address that cannot be fetched from.
  case invalidAddress(address: String, reason: String)
  /// The server redirects to where nothing is fetched from.
  case redirect(address: String, to: String, reason: String)
  /// The server refuses.
  case refused(address: String, status: Int)
  /// The server's certificate is not trusted.
  case untrusted(address: String, reason: String)
  /// The server was not reached, or broke off too often; `kept` bytes lie in `part`.
  case broken(address: String, attempts: Int, reason: String, kept: Int64, part: String)
  /// The transfer failed in a way that another try would not mend.
  case transfer(address: String, reason: String)
  /// The server has a file of another size.
  case wrongSize(address: String, expected: Int64, found: Int64)
  /// What was fetched has another SHA-256.
  case wrongChecksum(file: String, address: String, expected: String, found: String)
  /// A file of that name exists and is another.
  case exists(path: String, reason: String)
  /// There is too little room on the disk, seen before anything was written.
  case noRoom(path: String, needed: Int64, available: Int64)
  /// The disk is full; `kept` bytes lie in `part`, if there is one.
  case diskFull(path: String, kept: Int64)
  /// Another run works on the same file.
  case locked(path: String)
  /// A file or folder cannot be made, read or written.
  case file(path: String, reason: String)
  /// A zip file cannot be unpacked.
  case archive(path: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .missingLibrary(let name, let reason):
      "\(name) cannot be loaded (\(reason)); install it (apt-get install libcurl4 libarchive13, or brew install libarchive)"
    case .invalidAddress(let address, let reason): "\(address) cannot be fetched from: \(reason)"
    case .redirect(let address, let to, let reason):
      "\(address) redirects to \(to), which is not followed: \(reason); give another address with --from"
    case .refused(let address, let status):
      "\(address) cannot be had: the server answers \(status) (\(FetchError.meaning(status))); try later or give another address with --from"
    case .untrusted(let address, let reason):
      "the certificate of \(address) is not trusted (\(reason)); install the system's certificates (ca-certificates), or name a file of them"
        + " in SSL_CERT_FILE"
    case .broken(let address, let attempts, let reason, let kept, let part):
      "\(address) gave nothing more in \(attempts) attempts (\(reason)); check the network and run the same command again"
        + (kept > 0 ? ": it goes on from the \(byteText(kept)) in \(part)" : "")
    case .transfer(let address, let reason): "\(address) cannot be fetched: \(reason)"
    case .wrongSize(let address, let expected, let found):
      "\(address) is another file: it has \(found) bytes instead of \(expected); give another address with --from"
    case .wrongChecksum(let file, let address, let expected, let found):
      "\(file) from \(address) has the wrong checksum: SHA-256 \(FetchError.expectation(expected)) is expected, \(found) was found; it was"
        + " removed: run the command again, or give another address with --from"
    case .exists(let path, let reason): "\(path) exists and \(reason); add --overwrite to replace it"
    case .noRoom(let path, let needed, let available):
      "the disk has too little room: \(path) needs \(byteText(needed)), and \(byteText(available)) are free; free some space or choose another"
        + " place with --to"
    case .diskFull(let path, let kept):
      "the disk is full: \(path) is not complete; free some space and run the same command again"
        + (kept > 0 ? ": it goes on from the \(byteText(kept)) that are there" : "")
    case .locked(let path): "another run is fetching \(path); wait for its end"
    case .file(let path, let reason): "\(path): \(reason)"
    case .archive(let path, let reason):
      "\(path) cannot be unpacked: \(reason); what was unpacked is kept; add --overwrite to download it anew"
    }
  }

  private static func expectation(_ checksum: String) -> String {
    checksum.count < 64 ? "\(checksum)…" : checksum
  }

  private static func meaning(_ status: Int) -> String {
    switch status {
    case 401, 403, 407: "not allowed"
    case 404, 410: "not found"
    case 408: "too slow"
    case 416: "no such part"
    case 429: "too many requests"
    case 500...: "the server failed"
    default: "unexpected"
    }
  }
}

/// A number of bytes for people, such as `575 MB`; decimal units.
public func byteText(_ bytes: Int64) -> String {
  let units: [(Double, String)] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
  for (size, name) in units where Double(bytes) >= 0.9995 * size {
    let value = Double(bytes) / size
    let tenths = (value * 10).rounded() / 10
    return tenths < 10 ? "\(tenths) \(name)" : "\(Int(value.rounded())) \(name)"
  }
  return "\(bytes) bytes"
}
