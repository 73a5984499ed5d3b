internal import CStrokes

/// A painting that takes over what was shown before: where the source stands still as it was, and elsewhere the strokes, moved along.
struct Handover {
  private typealias Weights = StabilizationWeights

  /// What is to be shown.
  let canvas: Canvas

  /// - Parameters:
  ///   - painting: the painting.
  ///   - before: what was shown before, of the same size.
  ///   - moved: the same, moved along with the source; nil where motion is not looked at.
  ///   - motion: what stands still, and how far strokes are led, at half the size.
  init(_ painting: consuming Canvas, before: [SIMD4<Float>], moved: [SIMD4<Float>]?, motion: SceneMotion) {
    let (width, height) = (painting.width, painting.height)
    let own = cs_own(led: Weights.movingColour, still: Weights.stillColour)
    let shares = Shares(motion)
    painting.pixels.withUnsafeMutableBufferPointer { shown in
      before.withUnsafeBufferPointer { still in
        (moved ?? before).withUnsafeBufferPointer { led in
          guard let shown = shown.baseAddress, let still = still.baseAddress, let led = led.baseAddress else { return }
          func rows(_ y: Int) -> cs_rows {
            cs_rows(painting: floats(shown + y * width), led: floats(led + y * width), still: floats(still + y * width))
          }
          let areas = AreaMeans(width: width, height: height) { (y, sums: UnsafeMutablePointer<SIMD8<Float>>) in
            shares.row(y / 2) { cs_sum_changes(rows(y), $0, Int32(width), Int32(areaSide), mutableFloats(sums)) }
          } mean: { sum in
            // A little of nothing beside: where hardly a pixel counts, there is no telling.
            var (led, still) = (sum.lowHalf / (sum[3] + 1), sum.highHalf / (sum[7] + 1))
            (led.w, still.w) = (0, 0)
            return SIMD8(lowHalf: led, highHalf: still)
          }
          let contrasts = AreaMeans(width: width, height: height) { (y, sums: UnsafeMutablePointer<SIMD16<Float>>) in
            areas.row(y).withUnsafeBufferPointer { areas in
              guard let areas = areas.baseAddress else { return }
              shares.row(y / 2) {
                cs_sum_contrasts(rows(y), $0, Int32(width), Int32(areaSide), floats(areas), own, mutableFloats(sums))
              }
            }
          } mean: { sum in
            Handover.gain(sum)
          }
          var line = [SIMD2<Float>](repeating: .zero, count: 2 * motion.width)
          for y in 0..<height {
            shares.widen(toRow: y, into: &line)
            let (areas, contrasts) = (areas.row(y), contrasts.row(y))
            line.withUnsafeBufferPointer { line in
              areas.withUnsafeBufferPointer { areas in
                contrasts.withUnsafeBufferPointer { contrasts in
                  guard let line = line.baseAddress, let areas = areas.baseAddress, let contrasts = contrasts.baseAddress else {
                    return
                  }
                  cs_hand_over(
                    mutableFloats(shown + y * width), rows(y), floats(line), Int32(width), Int32(areaSide), floats(areas),
                    floats(contrasts), own)
                }
              }
            }
          }
        }
      }
    }
    canvas = painting
  }

  /// From an area's sums (the painting and the number of pixels, its squares, what is taken over, its squares): the mean colour of the last, and by how much its strokes must be
  /// strengthened to have the painting's contrast.
  private static func gain(_ sums: SIMD16<Float>) -> SIMD4<Float> {
    func variance(_ half: SIMD8<Float>) -> (mean: SIMD4<Float>, of: Float) {
      let (mean, square) = (half.lowHalf / sums[3], half.highHalf / sums[3])
      let spread = square - mean * mean
      return (mean, max(0, spread.x + spread.y + spread.z))
    }
    let (was, now) = (variance(sums.lowHalf), variance(sums.highHalf))
    var result = now.mean
    // Four levels of variance more: what is all but even has no strokes.
    let gain = ((was.of + 4) / (now.of + 4)).squareRoot()
    result.w = max(Weights.strengthening.lowerBound, min(Weights.strengthening.upperBound, gain))
    return result
  }

  /// How far pixels are led, and how far they stand still, at half the size.
  private struct Shares {
    private let width: Int
    private let height: Int
    private let values: [SIMD2<Float>]

    init(_ motion: SceneMotion) {
      (width, height) = (motion.width, motion.height)
      let moving = motion.flow == nil ? nil : motion.moving
      values = motion.still.indices.map { SIMD2(moving?[$0] ?? 0, motion.still[$0]) }
    }

    /// A row at half the size, two floats a column.
    func row(_ y: Int, _ body: (UnsafePointer<Float>) -> Void) {
      values.withUnsafeBufferPointer { values in
        if let values = values.baseAddress { body(floats(values + y * width)) }
      }
    }

    /// A row at the whole size, bilinear.
    func widen(toRow y: Int, into line: inout [SIMD2<Float>]) {
      let place = Interpolation(y, of: 2, within: height)
      let (upper, lower) = (place.first * width, place.second * width)
      func share(_ column: Int) -> SIMD2<Float> {
        values[upper + column] + (values[lower + column] - values[upper + column]) * place.share
      }
      var here = share(0)
      var left = here
      for column in 0..<width {
        let right = share(min(column + 1, width - 1))
        line[2 * column] = left * 0.25 + here * 0.75
        line[2 * column + 1] = here * 0.75 + right * 0.25
        (left, here) = (here, right)
      }
    }
  }
}
