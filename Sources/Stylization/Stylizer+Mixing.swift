internal import Imaging

/// Mixing the painting with its source.
extension Stylizer {
  /// Lays a painting over its source: its luminance only where colours are preserved, so much of it as `strength` (0…1) and the mask's grey say.
  func mixed(
    _ styled: ImageBuffer, over source: ImageBuffer, strength: Double, preservingColor: Bool, mask: StyleMask?
  ) -> ImageBuffer {
    guard preservingColor || strength < 1 || mask != nil else { return styled }
    let mixture = Mixture(
      strength: Float(min(1, max(0, strength))), preservesColor: preservingColor,
      shares: mask?.shares(width: source.width, height: source.height))
    var result = styled
    result.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { original in
        if source.depth == .eight {
          mixture.mix(target.bindMemory(to: UInt8.self), original.bindMemory(to: UInt8.self), pixels: source.pixels)
        } else {
          mixture.mix(target.bindMemory(to: UInt16.self), original.bindMemory(to: UInt16.self), pixels: source.pixels)
        }
      }
    }
    return result
  }
}

/// What is taken of a painting.
private struct Mixture {
  let strength: Float
  let preservesColor: Bool
  /// How much of it for each pixel, 0…65535.
  let shares: [UInt16]?

  func mix<Sample: FixedWidthInteger & UnsignedInteger>(
    _ target: UnsafeMutableBufferPointer<Sample>, _ source: UnsafeBufferPointer<Sample>, pixels: Int
  ) {
    for pixel in 0..<pixels {
      let at = pixel * 3
      let s = SIMD3(Float(source[at]), Float(source[at + 1]), Float(source[at + 2]))
      var t = SIMD3(Float(target[at]), Float(target[at + 1]), Float(target[at + 2]))
      if preservesColor {
        // Luma of BT.601. With Y of the painting and the colour differences of the source, every channel moves by the difference of the lumas.
        let weights = SIMD3<Float>(0.299, 0.587, 0.114)
        t = s + ((t * weights).sum() - (s * weights).sum())
      }
      let share = shares.map { Float($0[pixel]) * strength / 65535 } ?? strength
      let mixed = (s + (t - s) * share).rounded(.toNearestOrAwayFromZero)
        .clamped(lowerBound: .zero, upperBound: SIMD3(repeating: Float(Sample.max)))
      target[at] = Sample(mixed.x)
      target[at + 1] = Sample(mixed.y)
      target[at + 2] = Sample(mixed.z)
    }
  }
}
