internal import Foundation

/// What a server's header lines say, as far as a download needs it.
struct ResponseHeaders: Sendable, Equatable {
  var status = 0
  var length: Int64?
  /// `Content-Range: bytes first-last/total`.
  var rangeStart: Int64?
  var rangeTotal: Int64?
  var entityTag: String?
  var lastModified: String?
  /// Seconds.
  var retryAfter: Double?

  /// Takes one line in; a status line begins a new answer.
  mutating func add(_ line: String) {
    let line = line.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    if line.hasPrefix("HTTP/") {
      self = ResponseHeaders()
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    switch line[..<colon].lowercased() {
    case "content-length": length = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
    case "content-range": readRange(value)
    case "etag": entityTag = value
    case "last-modified": lastModified = value
    case "retry-after": retryAfter = Double(value).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    default: break
    }
  }

  private mutating func readRange(_ value: String) {
    guard value.lowercased().hasPrefix("bytes ") else { return }
    let parts = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return }
    rangeTotal = Int64(parts[1])
    rangeStart = parts[0].split(separator: "-").first.flatMap { Int64($0) }
  }
}
