internal import Imaging
internal import OpticalFlow

/// How far each pixel's motion is to be trusted: it leads back by the opposite flow, stays inside, and finds the same colour. All in one size.
///
/// - Parameters:
///   - flow: where each pixel was in the picture before.
///   - forward: the opposite flow, from there.
///   - picture: 8 bits a sample.
///   - before: the picture before.
///   - gain: by how much the picture is brighter than that.
/// - Returns: a value a pixel, 0…1; and how much the picture differs on average from what motion makes of the one before, 0…1.
func motionTrust(
  _ flow: Flow, forward: Flow, _ picture: ImageBuffer, before: ImageBuffer, gain: Float
) throws(FlowError) -> (trust: [Float], difference: Float) {
  let (width, height) = (flow.width, flow.height)
  let back = try forward.warped(by: flow)
  var (trust, difference) = squaredDifferences(picture, try warp(before, by: flow), gain: gain)
  let consistency = StabilizationWeights.consistency
  let farthest = StabilizationWeights.farthestColour * 255
  let reach = 1 / (3 * farthest * farthest)
  let bend = 1 / (StabilizationWeights.farthestBend * StabilizationWeights.farthestBend)
  let diagonal = Float(width * width + height * height).squareRoot()
  let speed = StabilizationWeights.speed.lowerBound * diagonal...StabilizationWeights.speed.upperBound * diagonal
  let last = SIMD2(Float(width - 1), Float(height - 1))
  trust.withUnsafeMutableBufferPointer { trust in
    flow.vectors.withUnsafeBufferPointer { flow in
      back.vectors.withUnsafeBufferPointer { back in
        for y in 0..<height {
          for x in 0..<width {
            let index = y * width + x
            let (w, f) = (flow[index], back[index])
            let place = SIMD2(Float(x), Float(y)) + w
            let inside = place.x >= 0 && place.y >= 0 && place.x <= last.x && place.y <= last.y
            let missed = ((f + w) * (f + w)).sum()
            let allowed = consistency.relative * ((f * f).sum() + (w * w).sum()) + consistency.absolute
            let agreement = max(0, min(1, 2 - missed / allowed))
            let right = flow[x + 1 < width ? index + 1 : index] - flow[x > 0 ? index - 1 : index]
            let below = flow[y + 1 < height ? index + width : index] - flow[y > 0 ? index - width : index]
            let smoothness = max(0, 1 - ((right * right).sum() + (below * below).sum()) * bend)
            // Tukey's biweight.
            let likeness = max(0, 1 - trust[index] * reach)
            // Networks paint something else along a picture's edge, which is not to wander in with what enters there.
            let (margin, own) = (edgeDistance(place, last), edgeDistance(SIMD2(Float(x), Float(y)), last))
            let free = margin < StabilizationWeights.edge ? max(0, 1 - 2 * max(0, own - margin)) : 1
            let slowness = speed.remainder(from: (w * w).sum().squareRoot())
            trust[index] = inside ? agreement * smoothness * likeness * likeness * slowness * free : 0
          }
        }
      }
    }
  }
  return (trust, difference)
}

/// How far strokes may be led along motion: as far as it is trusted, and not where much around is not.
///
/// - Parameter trust: a value a pixel, 0…1.
func leading(_ trust: [Float], width: Int, height: Int) -> [Float] {
  let led = trust.map { 1 - StabilizationWeights.leading.remainder(from: $0) }
  let (share, radius) = StabilizationWeights.breaking
  let breaks = boxMeans(led.map { 1 - $0 }, width: width, height: height, radius: radius)
  return zip(led, breaks).map { $0 * share.remainder(from: $1) }
}

/// How far a place is from a picture's nearest edge; `last` is the place farthest from the first.
@inline(__always)
private func edgeDistance(_ place: SIMD2<Float>, _ last: SIMD2<Float>) -> Float {
  min(place.min(), (last - place).min())
}

/// The squared differences of two pictures' pixels, the sum of three channels, the second made brighter by `gain`; and the mean of the absolute
/// ones, 0…1.
private func squaredDifferences(_ a: ImageBuffer, _ b: ImageBuffer, gain: Float) -> (squares: [Float], mean: Float) {
  let brighter = (0...255).map { Int32(min(255, (Float($0) * gain).rounded())) }
  var total = 0
  let squares = [Float](unsafeUninitializedCapacity: a.pixels) { squares, count in
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        for pixel in 0..<squares.count {
          var (sum, square): (Int32, Int32) = (0, 0)
          for sample in pixel * 3..<pixel * 3 + 3 {
            let difference = Int32(a[sample]) - brighter[Int(b[sample])]
            sum += abs(difference)
            square += difference * difference
          }
          squares[pixel] = Float(square)
          total += Int(sum)
        }
      }
    }
    count = a.pixels
  }
  return (squares, Float(total) / Float(3 * 255 * a.pixels))
}
