internal import Imaging

/// By how much strokes are made stronger where they are led by motion.
struct StrokeStrengths: Equatable {
  /// What has more than half of the frame's resolution.
  var fine: Float
  /// What has less, down to large areas.
  var coarse: Float
}

/// Finds how much strokes must be strengthened for a clip to stay as sharp and as strong as it was painted: what each frame keeps, where it is led by
/// motion, decides on the next one's. How much is lost depends on the style and the scene.
struct StrokeControl {
  private typealias Weights = StabilizationWeights

  /// By how much strokes are strengthened.
  private(set) var strengths = StrokeStrengths(fine: Weights.fineStrokes.first, coarse: Weights.coarseStrokes.first)

  /// - Parameter contrast: what coarse strokes keep of their contrast before they are strengthened.
  mutating func compare(contrast: Float) {
    let needed = Weights.contrast / max(contrast, 0.1) - 1
    let (old, limits) = (strengths.coarse, Weights.coarseStrokes)
    strengths.coarse = min(limits.most, max(0, old + limits.step * (needed - old)))
  }

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
    let limits = Weights.fineStrokes
    strengths.fine = min(limits.most, max(0, strengths.fine + limits.step * missing))
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
