#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which file a path leads to: links of both kinds are the file that they stand for.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// The file at `path`, or what standard input comes from where that is `-`; nil where there is none.
  public init?(path: String) {
    var info = stat()
    guard path == "-" ? fstat(STDIN_FILENO, &info) == 0 : stat(path, &info) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: info.st_dev)
    number = UInt64(truncatingIfNeeded: info.st_ino)
  }
}

/// Whether two paths lead to the same file; `-` is what standard input comes from.
public func isSameFile(_ one: String, _ other: String) -> Bool {
  guard let identity = FileIdentity(path: one) else { return false }
  return identity == FileIdentity(path: other)
}

/// Refuses an output that is one of the inputs, by whatever name.
///
/// - Parameters:
///   - output: where something is to be written; `-` is standard output and never refused.
///   - inputs: all that is read; what is not there does not count.
/// - Throws: `MediaError.sameFile`.
public func checkOutput(_ output: String, isNoneOf inputs: [String]) throws(MediaError) {
  guard output != "-", let identity = FileIdentity(path: output) else { return }
  if inputs.contains(where: { FileIdentity(path: $0) == identity }) { throw MediaError.sameFile(path: output) }
}
