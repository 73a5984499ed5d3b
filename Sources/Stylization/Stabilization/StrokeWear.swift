internal import OpticalFlow
internal import StyleNetworks

/// How worn strokes are that are led by motion: how far they have been stretched or squeezed on their way, how long ago they were painted, and
/// whether something moved around them then. What is worn out is painted anew, patch by patch, within a few frames. All at a quarter of the frames' size.
struct StrokeWear {
  private typealias Weights = StabilizationWeights

  private let width: Int
  private let height: Int
  /// How far what is shown at a pixel was stretched since it was painted (the symmetric strain's xx, xy and yy), and its age as a share of the longest.
  private var wear: [SIMD4<Float>]
  /// How much moved around it when it was painted, 0…1; and 0.5 in the first frame of its being painted anew, 1 in the second.
  private var state: [SIMD2<Float>]

  /// Nothing is worn, but some strokes are to last less long than others, or all would be painted anew at once.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    let side = 8
    let (columns, rows) = ((width + side - 1) / side, (height + side - 1) / side)
    let ages = SeededValues.signed(count: columns * rows, seed: 1).map { Float(0.5 + 0.5 * $0) }
    wear = (0..<width * height).map { pixel in
      let x = Interpolation(pixel % width, of: side, within: columns)
      let y = Interpolation(pixel / width, of: side, within: rows)
      func across(_ row: Int) -> Float {
        let left = ages[row * columns + x.first]
        return left + (ages[row * columns + x.second] - left) * x.share
      }
      return SIMD4(0, 0, 0, across(y.first) + (across(y.second) - across(y.first)) * y.share)
    }
    state = [SIMD2<Float>](repeating: .zero, count: width * height)
  }

  /// Goes on by a frame.
  ///
  /// - Parameters:
  ///   - flow: where each pixel was in the frame before.
  ///   - trust: how far that can be trusted, 0…1.
  /// - Returns: how far each pixel's strokes are to be led on, 0…1: what is trusted, and not worn out.
  mutating func next(_ flow: Flow, trust: [Float]) -> [Float] {
    let breaks = boxMeans(trust.map { 1 - $0 }, width: width, height: height, radius: Weights.surroundings)
    let smooth = (
      x: boxMeans(flow.vectors.map { $0.x }, width: width, height: height, radius: 3),
      y: boxMeans(flow.vectors.map { $0.y }, width: width, height: height, radius: 3)
    )
    let limits = Weights.Strokes.self
    var (worn, now) = (wear, state)
    for y in 0..<height {
      for x in 0..<width {
        let pixel = y * width + x
        let (left, right) = (x > 0 ? pixel - 1 : pixel, x + 1 < width ? pixel + 1 : pixel)
        let (above, below) = (y > 0 ? pixel - width : pixel, y + 1 < height ? pixel + width : pixel)
        let across = SIMD2(smooth.x[right] - smooth.x[left], smooth.y[right] - smooth.y[left]) / Float(max(1, right - left))
        let down =
          SIMD2(smooth.x[below] - smooth.x[above], smooth.y[below] - smooth.y[above]) / Float(max(1, (below - above) / width))
        let was = read(Float(x) + flow.vectors[pixel].x, Float(y) + flow.vectors[pixel].y)
        let unclean = max(was.state.x, 1 - Weights.strokesUnrest.remainder(from: breaks[pixel]))
        worn[pixel] =
          was.wear + SIMD4(across.x, 0.5 * (across.y + down.x), down.y, 1 / limits.longest + unclean / limits.shortest)
        // Within two frames, of which the second leaves nothing of them: what is left would be mixed with the new for good.
        let renewing: Float = was.state.y == 0 ? (StrokeWear.amount(worn[pixel]) > 1 ? 0.5 : 0) : was.state.y < 1 ? 1 : 0
        now[pixel] = SIMD2(unclean, renewing)
      }
    }
    var led = trust
    for pixel in led.indices {
      led[pixel] *= now[pixel].y == 0 ? 1 : now[pixel].y < 1 ? 1 - limits.step : 0
      worn[pixel] *= led[pixel]
      now[pixel].x *= led[pixel]
    }
    (wear, state) = (worn, now)
    return led
  }

  /// 1 where strokes are worn out.
  private static func amount(_ wear: SIMD4<Float>) -> Float {
    let (mean, half) = ((wear.x + wear.z) / 2, (wear.x - wear.z) / 2)
    let strain = abs(mean) + (half * half + wear.y * wear.y).squareRoot()
    return max(strain / Weights.Strokes.strain, wear.w)
  }

  /// What was at a place in the frame before: the wear in between pixels, and the nearest one's state.
  private func read(_ x: Float, _ y: Float) -> (wear: SIMD4<Float>, state: SIMD2<Float>) {
    let (x, y) = (max(0, min(Float(width - 1), x)), max(0, min(Float(height - 1), y)))
    let (column, row) = (Int(x), Int(y))
    let (next, under) = (min(width - 1, column + 1), min(height - 1, row + 1))
    let (right, down) = (x - Float(column), y - Float(row))
    let upper = wear[row * width + column] + (wear[row * width + next] - wear[row * width + column]) * right
    let lower = wear[under * width + column] + (wear[under * width + next] - wear[under * width + column]) * right
    return (upper + (lower - upper) * down, state[(down < 0.5 ? row : under) * width + (right < 0.5 ? column : next)])
  }
}
