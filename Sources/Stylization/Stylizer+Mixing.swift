internal import Imaging

/// Mixing the painting with its source.
extension Stylizer {
  /// Applies `preserveColor`, then `strength`.
  func mixed(_ styled: ImageBuffer, over source: ImageBuffer) -> ImageBuffer {
    guard options.preserveColor || options.strength < 1 else { return styled }
    var result = styled
    result.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { original in
        if source.depth == .eight {
          mix(target.bindMemory(to: UInt8.self), original.bindMemory(to: UInt8.self), pixels: source.pixels)
        } else {
          mix(target.bindMemory(to: UInt16.self), original.bindMemory(to: UInt16.self), pixels: source.pixels)
        }
      }
    }
    return result
  }

  private func mix<Sample: FixedWidthInteger & UnsignedInteger>(
    _ target: UnsafeMutableBufferPointer<Sample>, _ source: UnsafeBufferPointer<Sample>, pixels: Int
  ) {
    let strength = Float(min(1, max(0, options.strength)))
    for pixel in 0..<pixels {
      let at = pixel * 3
      let s = SIMD3(Float(source[at]), Float(source[at + 1]), Float(source[at + 2]))
      var t = SIMD3(Float(target[at]), Float(target[at + 1]), Float(target[at + 2]))
      if options.preserveColor {
        // Luma of BT.601. With Y of the painting and the colour differences of the source, every channel moves by the difference of the lumas.
        let weights = SIMD3<Float>(0.299, 0.587, 0.114)
        t = s + ((t * weights).sum() - (s * weights).sum())
      }
      let mixed = (s + (t - s) * strength).rounded(.toNearestOrAwayFromZero)
        .clamped(lowerBound: .zero, upperBound: SIMD3(repeating: Float(Sample.max)))
      target[at] = Sample(mixed.x)
      target[at + 1] = Sample(mixed.y)
      target[at + 2] = Sample(mixed.z)
    }
  }
}
