internal import Imaging
internal import OpticalFlow

/// Takes flicker out of painted frames, one after another.
final class Stabilizer {
  /// The last frame as it was shown, at half its size, but without what made its strokes stronger.
  private var before: ImageBuffer?
  /// The last frame as it was shown, at full size, in levels of 255 and their fractions: an average that is rounded each time never reaches what it tends to.
  private var history: [Float] = []
  private var fine = FineStrokes()
  private var strokes = StrokeControl()

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) throws -> ImageBuffer {
    let coarse = painting.halved()
    guard let motion, let before, before.depth == painting.depth, history.count == painting.pixels * 3,
      before.width == coarse.width, before.height == coarse.height, motion.width == coarse.width, motion.height == coarse.height
    else {
      self.before = coarse
      fine.reset()
      history = painting.levels()
      return painting
    }
    let correction = try Correction(coarse, before: before, motion: motion, strength: strokes.strengths.coarse)
    let added = try motion.flow.map { flow throws(FlowError) in
      try fine.next(painting, half: coarse, along: flow, motion, strength: strokes.strengths.fine)
    }
    let rows = CorrectionRows(correction, fine: added, width: painting.width)
    let shown =
      switch painting.depth {
      case .eight: corrected(painting, by: rows, as: UInt8.self, scale: 1)
      case .sixteen: corrected(painting, by: rows, as: UInt16.self, scale: 257)
      }
    let half = shown.halved()
    self.before = correction.lift.isEmpty ? half : half.lowered(by: correction.lift)
    if let contrast = correction.contrast { strokes.compare(contrast: contrast) }
    strokes.compare(painting, shown: shown, motion: motion)
    return shown
  }

  private func corrected<Sample: FixedWidthInteger & UnsignedInteger>(
    _ painting: ImageBuffer, by rows: borrowing CorrectionRows, as type: Sample.Type, scale: Float
  ) -> ImageBuffer {
    let (count, factor) = (painting.width * 3, 1 / scale)
    return ImageBuffer(width: painting.width, height: painting.height, depth: painting.depth) { target in
      painting.withUnsafeBytes { source in
        history.withUnsafeMutableBufferPointer { history in
          guard var history = history.baseAddress, var source = source.bindMemory(to: Sample.self).baseAddress,
            var target = target.bindMemory(to: Sample.self).baseAddress
          else { return }
          for y in 0..<painting.height {
            rows.read(y)
            let (stay, shift) = (rows.stay, rows.shift)
            for index in 0..<count {
              let painted = Float(source[index]) * factor
              let value = painted + (history[index] - painted) * stay[index] + shift[index]
              let shown = max(0, min(255, value))
              history[index] = shown
              target[index] = Sample(rounded: shown * scale)
            }
            (history, source, target) = (history + count, source + count, target + count)
          }
        }
      }
    }
  }
}
