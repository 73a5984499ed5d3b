/// A small picture of what a style does, as its file carries it: a JPEG.
public struct SamplePicture: Sendable, Hashable {
  /// The JPEG.
  public let jpeg: [UInt8]
  /// Columns, as the JPEG says.
  public let width: Int
  /// Rows, as the JPEG says.
  public let height: Int

  /// The most bytes a sample may have.
  public static let byteLimit = 24 * 1024
  /// The most pixels a side may have.
  public static let sideLimit = 512

  /// Takes a JPEG, after a look at its size and its markers; what it shows is for a decoder to find out.
  ///
  /// - Throws: `StyleNetworkError.invalidSample`.
  public init(jpeg: [UInt8]) throws(StyleNetworkError) {
    guard jpeg.count <= Self.byteLimit else {
      throw .invalidSample(reason: "it has \(jpeg.count) bytes, more than \(Self.byteLimit)")
    }
    guard jpeg.starts(with: [0xFF, 0xD8, 0xFF]), jpeg.suffix(2) == [0xFF, 0xD9] else {
      throw .invalidSample(reason: "it is not a whole JPEG")
    }
    guard let size = Self.size(of: jpeg) else { throw .invalidSample(reason: "the JPEG does not tell its size") }
    guard (1...Self.sideLimit).contains(size.width), (1...Self.sideLimit).contains(size.height) else {
      throw .invalidSample(
        reason: "it claims \(size.width)x\(size.height) pixels, and a side has 1 to \(Self.sideLimit)")
    }
    self.jpeg = jpeg
    (width, height) = size
  }

  /// From the frame header, before which there are only segments with lengths. A second header would mean two sizes; that is refused too.
  private static func size(of jpeg: [UInt8]) -> (width: Int, height: Int)? {
    var found: (width: Int, height: Int)?
    var at = 2
    while at + 4 <= jpeg.count, jpeg[at] == 0xFF {
      let marker = jpeg[at + 1]
      let length = Int(jpeg[at + 2]) << 8 | Int(jpeg[at + 3])
      guard length >= 2, at + 2 + length <= jpeg.count else { return nil }
      if marker == 0xDA { break }
      // SOF0 to SOF15, without the tables that lie among them.
      if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
        guard found == nil, length >= 8 else { return nil }
        found = (Int(jpeg[at + 7]) << 8 | Int(jpeg[at + 8]), Int(jpeg[at + 5]) << 8 | Int(jpeg[at + 6]))
      }
      at += 2 + length
    }
    // A header hidden behind the pixels' data would count for some decoders.
    for index in at..<max(at, jpeg.count - 1) where jpeg[index] == 0xFF {
      if (0xC0...0xCF).contains(jpeg[index + 1]), ![0xC4, 0xC8, 0xCC].contains(jpeg[index + 1]) { return nil }
    }
    return found
  }
}
