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
    var head = [UInt8](repeating: 0, count: 16)
    let count = read(file, &head, head.count)
    guard count >= 0 else { throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased()) }
    head.removeLast(head.count - count)
    guard let format = PictureFormat(bytes: head) else {
      self = .clip
      return
    }
    self = format == .png && MediaKind.isAnimated(png: file) ? .clip : .picture
  }

  /// Whether a file is an animated PNG. FFmpeg looks for that no farther than its guess of a still one goes.
  static func isAnimatedPNG(path: String) -> Bool {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return false }
    defer { close(file) }
    var head = [UInt8](repeating: 0, count: PNGChunk.signature.count)
    return pread(file, &head, head.count, 0) == head.count && head == PNGChunk.signature && isAnimated(png: file)
  }

  /// Whether a PNG is an animation: its chunks' heads up to the first pixels are read, whatever lies before them (PNG 3, `acTL`).
  private static func isAnimated(png file: Int32) -> Bool {
    var offset = PNGChunk.signature.count
    var head = [UInt8](repeating: 0, count: 8)
    for _ in 0..<mostChunks {
      guard pread(file, &head, head.count, off_t(offset)) == head.count else { return false }
      switch String(decoding: head[4...], as: UTF8.self) {
      case "acTL": return true
      case "IDAT", "IEND": return false
      default: offset += 12 + PNGChunk.number(head, 0)
      }
    }
    return false
  }

  /// So many chunks before the first pixels are no picture's.
  private static let mostChunks = 100_000
}
