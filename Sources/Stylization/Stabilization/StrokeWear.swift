internal import OpticalFlow
internal import StyleNetworks

/// How worn strokes are that are led by motion: how far they have been stretched or squeezed on their way, and how long ago they were painted. What is
/// worn out is painted anew, patch by patch, at once: what would be left of it beside the new would be mixed with that for good. All at a quarter of the
/// frames' size.
struct StrokeWear {
  private typealias Weights = StabilizationWeights

  private let width: Int
  private let height: Int
  /// How far what is shown at a pixel was stretched since it was painted (the symmetric strain's xx, xy and yy), and its age as a share of the longest.
  private var wear: [SIMD4<Float>]

  /// The strain from which on strokes are worn out.
  private let strain: Float

  /// Nothing is worn, but some strokes are to last less long than others, or all would be painted anew at once.
  init(width: Int, height: Int, strain: Float) {
    (self.width, self.height, self.strain) = (width, height, strain)
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
  }

  /// Goes on by a frame.
  ///
  /// - Parameters:
  ///   - flow: where each pixel was in the frame before.
  ///   - trusted: how far strokes may be led along it, 0…1.
  /// - Returns: how far each pixel's strokes are to be led on, 0…1: as far as they may, and not where they are worn out.
  /// - Throws: what `Flow` says about a size that no flow has.
  mutating func next(_ flow: Flow, trusted: [Float]) throws(FlowError) -> [Float] {
    // What follows reads no more of these than is there.
    precondition(flow.width == width && flow.height == height && trusted.count == wear.count)
    // A wider mean would not see the edge of what covers something, where strokes are smeared first.
    let smooth = try flow.smoothed(radius: 1).vectors
    var (led, worn) = (trusted, wear)
    smooth.withUnsafeBufferPointer { smooth in
      flow.vectors.withUnsafeBufferPointer { flow in
        led.withUnsafeMutableBufferPointer { led in
          worn.withUnsafeMutableBufferPointer { worn in
            for y in 0..<height {
              for x in 0..<width {
                let pixel = y * width + x
                let (left, right) = (x > 0 ? pixel - 1 : pixel, x + 1 < width ? pixel + 1 : pixel)
                let (above, below) = (y > 0 ? pixel - width : pixel, y + 1 < height ? pixel + width : pixel)
                let across = (smooth[right] - smooth[left]) / Float(max(1, right - left))
                let down = (smooth[below] - smooth[above]) / Float(max(1, (below - above) / width))
                let stretched = SIMD4(across.x, 0.5 * (across.y + down.x), down.y, 1 / Weights.Strokes.longest)
                let wear = read(Float(x) + flow[pixel].x, Float(y) + flow[pixel].y) + stretched
                if isOut(wear) { led[pixel] = 0 }
                worn[pixel] = wear * led[pixel]
              }
            }
          }
        }
      }
    }
    wear = worn
    return led
  }

  @inline(__always)
  private func isOut(_ wear: SIMD4<Float>) -> Bool {
    let (mean, half) = ((wear.x + wear.z) / 2, (wear.x - wear.z) / 2)
    return max((abs(mean) + (half * half + wear.y * wear.y).squareRoot()) / strain, wear.w) > 1
  }

  /// The wear at a place of the frame before, in between pixels.
  @inline(__always)
  private func read(_ x: Float, _ y: Float) -> SIMD4<Float> {
    let (x, y) = (max(0, min(Float(width - 1), x)), max(0, min(Float(height - 1), y)))
    let (column, row) = (Int(x), Int(y))
    let (next, under) = (min(width - 1, column + 1), min(height - 1, row + 1))
    let (right, down) = (x - Float(column), y - Float(row))
    let upper = wear[row * width + column] + (wear[row * width + next] - wear[row * width + column]) * right
    let lower = wear[under * width + column] + (wear[under * width + next] - wear[under * width + column]) * right
    return upper + (lower - upper) * down
  }
}
