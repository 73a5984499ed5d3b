/// A picture as video codecs keep it: luma, and two colour differences at half of its width and height (4:2:0), 8 bits a sample. The differences lie
/// between their four pixels, which is where FFmpeg's scaler takes them to be.
public struct PlanarImage: Sendable, Equatable {
  /// How the numbers stand for colours (ITU-T H.273).
  public struct Coding: Sendable, Hashable {
    /// The share of red in luma, K_R.
    public let red: Float
    /// The share of blue in luma, K_B.
    public let blue: Float
    /// Whether samples go from 0 to 255; otherwise luma goes from 16 to 235, and differences from 16 to 240.
    public let isFullRange: Bool

    /// How the numbers stand for colours.
    public init(red: Float, blue: Float, isFullRange: Bool) {
      self.red = red
      self.blue = blue
      self.isFullRange = isFullRange
    }
  }

  /// Columns, even.
  public let width: Int
  /// Rows, even.
  public let height: Int
  /// How the numbers stand for colours.
  public let coding: Coding
  /// `height` rows of luma, then half as many of half the width for blue's difference, then red's.
  public private(set) var bytes: [UInt8]

  /// Bytes of a picture of a size.
  public static func count(width: Int, height: Int) -> Int { width * height / 2 * 3 }

  /// A picture whose bytes `fill` writes: it gets all of them, uninitialised, and must write each. Both sides must be even.
  public init(
    width: Int, height: Int, coding: Coding, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    precondition(width % 2 == 0 && height % 2 == 0, "a planar picture of \(width)x\(height)")
    self.width = width
    self.height = height
    self.coding = coding
    let count = PlanarImage.count(width: width, height: height)
    bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[0..<count]))
      initialised = count
    }
  }

  /// The planes of a picture of a size as rows: where each begins in `bytes`, how long its rows are, and how many there are.
  public static func planes(width: Int, height: Int) -> [(start: Int, width: Int, height: Int)] {
    let (w, h) = (width / 2, height / 2)
    return [(0, width, height), (width * height, w, h), (width * height + w * h, w, h)]
  }
}
