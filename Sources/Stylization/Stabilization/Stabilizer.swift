internal import Imaging

/// Takes flicker out of painted frames, one after another.
final class Stabilizer {
  /// The last frame as it was shown, at half its size.
  private var before: ImageBuffer?
  /// The same at full size, in levels of 255 and their fractions: an average that is rounded each time never reaches what it tends to.
  private var history: [Float] = []
  private var sharpness = SharpnessControl()

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) throws -> ImageBuffer {
    let coarse = painting.halved()
    guard let motion, let before, before.depth == painting.depth, history.count == painting.pixels * 3,
      before.width == coarse.width, before.height == coarse.height, motion.width == coarse.width, motion.height == coarse.height
    else {
      self.before = coarse
      history = levels(of: painting)
      return painting
    }
    let rows = CorrectionRows(try Correction(coarse, before: before, motion: motion, detail: sharpness.detail))
    let shown =
      switch painting.depth {
      case .eight: corrected(painting, by: rows, as: UInt8.self, scale: 1)
      case .sixteen: corrected(painting, by: rows, as: UInt16.self, scale: 257)
      }
    self.before = shown.halved()
    sharpness.compare(painting, shown: shown, motion: motion)
    return shown
  }

  private func levels(of painting: ImageBuffer) -> [Float] {
    painting.withUnsafeBytes { bytes in
      switch painting.depth {
      case .eight: bytes.map { Float($0) }
      case .sixteen: bytes.bindMemory(to: UInt16.self).map { Float($0) / 257 }
      }
    }
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
            let (paint, stay, shift) = (rows.paint, rows.stay, rows.shift)
            for index in 0..<count {
              let value = Float(source[index]) * factor * paint[index] + history[index] * stay[index] + shift[index]
              let shown = max(0, min(255, value))
              history[index] = shown
              // Adding 2^23 rounds, and leaves the integer in the lowest bits; conversions that check would take longer than all the rest.
              target[index] = Sample(truncatingIfNeeded: (shown * scale + 0x1p23).bitPattern)
            }
            (history, source, target) = (history + count, source + count, target + count)
          }
        }
      }
    }
  }
}
