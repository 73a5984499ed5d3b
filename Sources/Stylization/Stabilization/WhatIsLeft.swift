internal import Imaging

/// What something that has passed a resting camera has left, until it is held: it has strokes of its own, and the colours of what is held around it, near or far, where the source
/// there is alike. A network may paint a road in other colours now than when it was painted around the place.
struct WhatIsLeft: Sendable {
  /// How far each pixel is of this kind, 0…1, at half the frame's size.
  let shares: [Float]
  /// By how much what is held around is lighter, bluer and redder in the source (0…255; the last two without luma), in cells of sixteen by sixteen pixels of
  /// the frame: the painting may differ by as much.
  let sourceLevels: [SIMD4<Float>]

  /// - Parameters:
  ///   - pixels: what something has left, and how far.
  ///   - picture: the source, at half its size.
  ///   - held: how far each pixel is held as it was.
  init?(_ pixels: [(pixel: Int, share: Float)], of picture: ImageBuffer, whereHeld held: [Float]) {
    guard !pixels.isEmpty else { return nil }
    let (width, height, cell) = (picture.width, picture.height, 8)
    let (columns, rows) = ((width + cell - 1) / cell, (height + cell - 1) / cell)
    // Blue, red, luma and share of what is left, and of what is held.
    var sums = [SIMD8<Float>](repeating: .zero, count: columns * rows)
    var shares = [Float](repeating: 0, count: held.count)
    picture.withUnsafeBytes { samples in
      func colour(_ pixel: Int) -> SIMD4<Float> {
        let (red, green, blue) = (Float(samples[pixel * 3]), Float(samples[pixel * 3 + 1]), Float(samples[pixel * 3 + 2]))
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue
        return SIMD4(blue - luma, red - luma, luma, 1)
      }
      // Every second pixel of every second row tells enough.
      for y in Swift.stride(from: 0, to: height, by: 2) {
        for x in Swift.stride(from: 0, to: width, by: 2) where held[y * width + x] > 0 {
          let pixel = y * width + x
          sums[y / cell * columns + x / cell] += SIMD8(lowHalf: .zero, highHalf: colour(pixel) * held[pixel])
        }
      }
      sums = spread(sums, columns: columns, rows: rows, lanes: SIMD8(0, 0, 0, 0, 1, 1, 1, 1), share: 7)
      let around = sums
      for (pixel, share) in pixels {
        let place = pixel / width / cell * columns + pixel % width / cell
        let held = around[place].highHalf
        guard held[3] > 0 else { continue }
        let colour = colour(pixel)
        let difference = colour - held / held[3]
        let farthest = max(abs(difference.x), abs(difference.y), abs(difference.z))
        shares[pixel] = share * StabilizationWeights.likeness.remainder(from: farthest)
        sums[place] += SIMD8(lowHalf: colour * shares[pixel], highHalf: .zero)
      }
    }
    guard shares.contains(where: { $0 > 0 }) else { return nil }
    self.shares = shares
    sourceLevels = smoothed(sums, columns: columns, rows: rows).map { sum in
      let (left, held) = (sum.lowHalf, sum.highHalf)
      return left[3] > 0 && held[3] > 0 ? held / held[3] - left / left[3] : .zero
    }
  }
}
