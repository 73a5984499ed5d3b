#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What an input is, by its contents.
public enum MediaKind: Sendable {
  /// A still picture.
  case picture
  /// Moving pictures, or something unknown that FFmpeg may know.
  case clip

  /// Looks into a file; `-` (standard input) is a clip.
  public init(path: String) throws(MediaError) {
    guard path != "-" else {
      self = .clip
      return
    }
    try checkInput(path)
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased()) }
    defer { close(file) }
    var head = [UInt8](repeating: 0, count: 65_536)
    let count = read(file, &head, head.count)
    guard count >= 0 else { throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased()) }
    head.removeLast(head.count - count)
    guard let format = PictureFormat(bytes: head) else {
      self = .clip
      return
    }
    self = format == .png && PNGChunk.isAnimated(head) ? .clip : .picture
  }
}
