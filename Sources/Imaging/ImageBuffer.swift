/// An RGB picture in memory: interleaved rows without padding, 8 or 16 bits a sample in the machine's byte order.
///
/// A value: what every part of the program hands to the next, independent of decoders and engines.
public struct ImageBuffer: Sendable, Equatable {
  /// Bits of one sample.
  public enum Depth: Int, Sendable, Codable {
    /// 0…255.
    case eight = 8
    /// 0…65535.
    case sixteen = 16

    /// Bytes of one sample.
    public var bytes: Int { rawValue / 8 }
    /// The largest value.
    public var maximum: Int { (1 << rawValue) - 1 }
  }

  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Bits of one sample.
  public let depth: Depth
  /// `height` rows of `width` RGB pixels.
  public private(set) var bytes: [UInt8]

  /// Bytes of one row.
  public var rowBytes: Int { width * pixelBytes }
  /// Bytes of one pixel.
  public var pixelBytes: Int { 3 * depth.bytes }
  /// Pixels.
  public var pixels: Int { width * height }

  /// A picture whose bytes `fill` writes: it gets all of them, uninitialised, and must write each.
  public init(
    width: Int, height: Int, depth: Depth = .eight, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self.width = width
    self.height = height
    self.depth = depth
    let count = width * height * 3 * depth.bytes
    bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[0..<count]))
      initialised = count
    }
  }

  /// A black picture.
  public init(width: Int, height: Int, depth: Depth = .eight) {
    self.width = width
    self.height = height
    self.depth = depth
    bytes = [UInt8](repeating: 0, count: width * height * 3 * depth.bytes)
  }

  /// Reads the bytes in place.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes(body)
  }

  /// Changes the bytes in place.
  public mutating func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try bytes.withUnsafeMutableBytes(body)
  }

  /// The same picture with 8 bits a sample.
  public func inEightBits() -> ImageBuffer {
    guard depth == .sixteen else { return self }
    return ImageBuffer(width: width, height: height) { target in
      withUnsafeBytes { source in
        for index in 0..<width * height * 3 {
          let value = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
          target[index] = UInt8((Int(value) + 128) / 257)
        }
      }
    }
  }
}
