internal import Imaging

/// Finds how much fine strokes must be strengthened for a clip to stay as sharp as it was painted: each frame's sharpness, where it is led by
/// motion, decides on the next one's. How much is lost depends on the style and the scene.
struct SharpnessControl {
  private typealias Weights = StabilizationWeights

  /// By how much fine strokes are strengthened.
  private(set) var detail: Float = Weights.detail.first

  /// Looks at every eighth row of what was painted and what became of it.
  mutating func compare(_ painting: ImageBuffer, shown: ImageBuffer, motion: SceneMotion) {
    guard motion.flow != nil, painting.width > 2, painting.height > 2 else { return }
    let energy =
      switch painting.depth {
      case .eight: energies(painting, shown, motion, of: UInt8.self)
      case .sixteen: energies(painting, shown, motion, of: UInt16.self)
      }
    guard energy.painting > 0 else { return }
    let missing = Weights.sharpness - energy.shown / energy.painting
    detail = min(Weights.detail.most, max(0, detail + Weights.detail.step * missing))
  }

  /// The sums of squares of the Laplacian of green, where motion is trusted.
  private func energies<Sample: FixedWidthInteger & UnsignedInteger>(
    _ painting: ImageBuffer, _ shown: ImageBuffer, _ motion: SceneMotion, of type: Sample.Type
  ) -> (painting: Float, shown: Float) {
    let (width, height, row) = (painting.width, painting.height, painting.width * 3)
    return painting.withUnsafeBytes { painting in
      shown.withUnsafeBytes { shown in
        let (a, b) = (painting.bindMemory(to: Sample.self), shown.bindMemory(to: Sample.self))
        var energies: (painting: Float, shown: Float) = (0, 0)
        for y in stride(from: 4, to: height - 1, by: 8) {
          for x in 1..<width - 1 where motion.moving[y / 2 * motion.width + x / 2] > 0.5 {
            let at = y * row + x * 3 + 1
            let (one, two) = (laplacian(a, at, row), laplacian(b, at, row))
            energies.painting += one * one
            energies.shown += two * two
          }
        }
        return energies
      }
    }
  }

  @inline(__always)
  private func laplacian<Sample: BinaryInteger>(_ samples: UnsafeBufferPointer<Sample>, _ at: Int, _ row: Int) -> Float {
    4 * Float(samples[at]) - Float(samples[at - 3]) - Float(samples[at + 3]) - Float(samples[at - row]) - Float(samples[at + row])
  }
}
