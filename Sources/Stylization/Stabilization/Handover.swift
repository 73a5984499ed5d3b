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
    painting.pixels.withUnsafeMutableBufferPointer { shown in
      before.withUnsafeBufferPointer { still in
        (moved ?? before).withUnsafeBufferPointer { led in
          let shares = Shares(motion)
          // What pixels take over.
          func change(_ pixel: Int, _ share: SIMD2<Float>) -> (led: SIMD4<Float>, still: SIMD4<Float>) {
            ((led[pixel] - shown[pixel]) * share.x, (still[pixel] - shown[pixel]) * share.y)
          }
          func colours(_ areas: SIMD8<Float>, _ share: SIMD2<Float>) -> SIMD4<Float> {
            areas.lowHalf * (Weights.movingColour * share.x) + areas.highHalf * (Weights.stillColour * share.y)
          }
          let areas = AreaMeans(width: width, height: height) { _ in
          } value: { _, x, y in
            let share = shares[x / 2, y / 2]
            let change = change(y * width + x, share)
            var (led, still) = (change.led, change.still)
            (led.w, still.w) = (share.x, share.y)
            return SIMD8(lowHalf: led, highHalf: still)
          } mean: { sum in
            // A little of nothing beside: where hardly a pixel counts, there is no telling.
            var (led, still) = (sum.lowHalf / (sum[3] + 1), sum.highHalf / (sum[7] + 1))
            (led.w, still.w) = (0, 0)
            return SIMD8(lowHalf: led, highHalf: still)
          }
          let contrasts = AreaMeans(width: width, height: height) { y in
            areas.row(y)
          } value: { areas, x, y in
            let (pixel, share) = (y * width + x, shares[x / 2, y / 2])
            let change = change(pixel, share)
            let own = shown[pixel]
            let taken = own + change.led + change.still - colours(areas[x], share)
            var counted = own
            counted.w = 1
            return SIMD16(
              lowHalf: SIMD8(lowHalf: counted, highHalf: own * own), highHalf: SIMD8(lowHalf: taken, highHalf: taken * taken)
            )
          } mean: { sum in
            Handover.gain(sum)
          }
          var line = [SIMD2<Float>](repeating: .zero, count: 2 * motion.width)
          for y in 0..<height {
            shares.widen(toRow: y, into: &line)
            let (areas, contrasts) = (areas.row(y), contrasts.row(y))
            for x in 0..<width {
              let (pixel, share) = (y * width + x, line[x])
              guard share.x + share.y > 0 else { continue }
              let change = change(pixel, share)
              let taken = shown[pixel] + change.led + change.still - colours(areas[x], share)
              let contrast = contrasts[x]
              let result = taken + (taken - contrast) * ((contrast.w - 1) * share.x)
              shown[pixel] = result.replacing(with: 0, where: result .< 0).replacing(with: 255, where: result .> 255)
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

    @inline(__always)
    subscript(x: Int, y: Int) -> SIMD2<Float> { values[y * width + x] }

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
