/// A rectangle of pixels; its origin may lie outside the picture.
public struct PixelRegion: Sendable, Hashable {
  /// The left column.
  public var x: Int
  /// The top row.
  public var y: Int
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// A rectangle.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

extension ImageBuffer {
  /// The pixels of a region; those outside the picture are its reflection (… 2 1 | 0 1 2 …, the edge not repeated), folded as often as needed, so
  /// that any margin works on any picture, one pixel included.
  public func extracting(_ region: PixelRegion) -> ImageBuffer {
    let columns = (region.x..<region.x + region.width).map { reflected($0, within: width) * pixelBytes }
    let inside = max(0, -region.x)..<max(max(0, -region.x), min(region.width, width - region.x))
    return ImageBuffer(width: region.width, height: region.height, depth: depth) { target in
      withUnsafeBytes { source in
        for row in 0..<region.height {
          let from = reflected(region.y + row, within: height) * rowBytes
          let to = row * region.width * pixelBytes
          if !inside.isEmpty {
            let start = from + (region.x + inside.lowerBound) * pixelBytes
            UnsafeMutableRawBufferPointer(rebasing: target[(to + inside.lowerBound * pixelBytes)...])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + inside.count * pixelBytes]))
          }
          for column in 0..<region.width where !inside.contains(column) {
            for byte in 0..<pixelBytes {
              target[to + column * pixelBytes + byte] = source[from + columns[column] + byte]
            }
          }
        }
      }
    }
  }

  /// Writes `region` of `other` at column `x`, row `y` of this picture. Both have the same depth, and all of it must lie inside both.
  public mutating func paste(_ region: PixelRegion, of other: ImageBuffer, atX x: Int, y: Int) {
    precondition(depth == other.depth, "pictures of different depth")
    let targetRow = rowBytes
    let pixel = pixelBytes
    withUnsafeMutableBytes { target in
      other.withUnsafeBytes { source in
        for row in 0..<region.height {
          let from = (region.y + row) * other.rowBytes + region.x * pixel
          let to = (y + row) * targetRow + x * pixel
          UnsafeMutableRawBufferPointer(rebasing: target[to..<to + region.width * pixel])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + region.width * pixel]))
        }
      }
    }
  }

  /// The top left corner of the picture.
  public func cropped(width: Int, height: Int) -> ImageBuffer {
    width == self.width && height == self.height
      ? self : extracting(PixelRegion(x: 0, y: 0, width: width, height: height))
  }
}

/// The index that position `index` mirrors to in `0..<count`, without repeating the edges.
func reflected(_ index: Int, within count: Int) -> Int {
  guard count > 1 else { return 0 }
  let period = 2 * (count - 1)
  let folded = ((index % period) + period) % period
  return folded < count ? folded : period - folded
}
