internal import Imaging

/// By how much a picture is brighter than another, as a camera does that opens or closes its iris: the factor that most pixels have in common.
///
/// - Parameters:
///   - picture: 8 bits a sample.
///   - before: the green of the other's pixels, 0…255.
/// - Returns: 1 where no factor is common to many, or where it is hardly a change.
func exposureGain(_ picture: ImageBuffer, over before: (Int) -> Float) -> Float {
  typealias Weights = StabilizationWeights
  let (least, width, bins) = (Float(0.6), Float(0.01), 110)
  var counts = [Int](repeating: 0, count: bins)
  var sums = [Float](repeating: 0, count: bins)
  var all = 0
  picture.withUnsafeBytes { samples in
    for y in stride(from: 1, to: picture.height, by: 4) {
      for x in stride(from: 1 + y / 4 % 2 * 2, to: picture.width, by: 4) {
        let pixel = y * picture.width + x
        let (now, then) = (Float(samples[pixel * 3 + 1]), before(pixel))
        // What is dark has too few levels, and what is light has none beyond white.
        guard then > 24, now > 16, then < 240, now < 240 else { continue }
        all += 1
        let bin = Int((now / then - least) / width)
        guard now / then >= least, bin < bins else { continue }
        counts[bin] += 1
        sums[bin] += now / then
      }
    }
  }
  // Five bins side by side, which the levels' rounding spreads a factor over.
  var best = (count: 0, sum: Float(0))
  for bin in 2..<bins - 2 {
    let count = counts[bin - 2...bin + 2].reduce(0, +)
    if count > best.count { best = (count, sums[bin - 2...bin + 2].reduce(0, +)) }
  }
  guard best.count > 32, Float(best.count) > Weights.commonExposure * Float(all) else { return 1 }
  let gain = best.sum / Float(best.count)
  return abs(gain - 1) > Weights.exposureChange ? gain : 1
}
