internal import Imaging
public import Media
internal import Synchronization

/// Where a style is laid on: all of it where the mask is white, nothing where it is black. It is stretched to the size of what it lies on.
public struct StyleMask: Sendable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Row by row, 0 for nothing to 65535 for all.
  private let values: [UInt16]
  private let scaled = Scaled()

  /// Takes a picture's luma (BT.601) as a mask.
  ///
  /// - Parameters:
  ///   - picture: the mask; what is transparent in it counts as black.
  ///   - inverted: whether black and white change places, after that.
  public init(_ picture: Picture, inverted: Bool = false) {
    let image = picture.image
    (width, height) = (image.width, image.height)
    let deep = image.depth == .sixteen
    values = image.withUnsafeBytes { bytes in
      (picture.alpha ?? []).withUnsafeBytes { alpha in
        func sample(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
          deep ? Int(bytes.load(fromByteOffset: index * 2, as: UInt16.self)) : Int(bytes[index]) * 257
        }
        return (0..<image.pixels).map { pixel in
          let red = 299 * sample(bytes, pixel * 3)
          let green = 587 * sample(bytes, pixel * 3 + 1)
          let blue = 114 * sample(bytes, pixel * 3 + 2)
          let opacity = alpha.isEmpty ? 65535 : sample(alpha, pixel)
          let value = UInt16(((red + green + blue) / 1000 * opacity + 32767) / 65535)
          return inverted ? 65535 - value : value
        }
      }
    }
  }

  /// Reads a mask: a PNG, or any other picture.
  ///
  /// - Throws: `MediaError`.
  public init(contentsOf path: String, inverted: Bool = false) throws(MediaError) {
    self.init(try Picture(contentsOf: path), inverted: inverted)
  }

  /// How much of the style each pixel gets, row by row, 0…65535. The last size is remembered: a clip's frames have one.
  func shares(width: Int, height: Int) -> [UInt16] {
    if (width, height) == (self.width, self.height) { return values }
    return scaled.last.withLock { last in
      if last.width == width, last.height == height { return last.values }
      // As a grey picture.
      let grey = ImageBuffer(width: self.width, height: self.height, depth: .sixteen) { bytes in
        let samples = bytes.bindMemory(to: UInt16.self)
        for index in 0..<samples.count { samples[index] = values[index / 3] }
      }.resized(width: width, height: height)
      last = (
        width, height,
        grey.withUnsafeBytes { bytes in
          let samples = bytes.bindMemory(to: UInt16.self)
          return (0..<grey.pixels).map { samples[$0 * 3] }
        }
      )
      return last.values
    }
  }

  private final class Scaled: Sendable {
    let last = Mutex<(width: Int, height: Int, values: [UInt16])>((0, 0, []))
  }
}
