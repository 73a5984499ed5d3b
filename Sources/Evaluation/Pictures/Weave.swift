public import Imaging

/// How regular a picture's fine detail is: weaves and rows of dots of no fixed period, which neither style distances nor `Checkerboard` see.
///
/// Detail d is grey (the mean of the channels) less its mean by binomial weights over five by five pixels; ρ(s) = mean(d(p) d(p + s)) / mean(d(p)²), its
/// autocorrelation, is taken at every second shift of 5 to 10.5 pixels, as training does (`Recipe.regularity`; after Sendik & Cohen-Or 2017, "Deep Correlations for
/// Texture Synthesis").
public enum Weave {
  /// The least side of a picture that can be measured, pixels.
  public static let leastSide = 32
  private static let reach = 10

  /// The root mean square of ρ over the shifts, 0…1: paintings by hand have 0.003 to 0.02, and from 0.1 on canvas is seen in flat parts. Nil where a side
  /// has less than `leastSide` pixels.
  public static func of(_ picture: ImageBuffer) -> Double? {
    guard min(picture.width, picture.height) >= leastSide else { return nil }
    let (width, height) = (picture.width - 4, picture.height - 4)
    let detail = detail(picture, width: width, height: height)
    let (rows, columns) = (height - reach, width - 2 * reach)
    return detail.withUnsafeBufferPointer { detail in
      func mean(_ down: Int, _ right: Int) -> Double {
        var sum = 0.0
        for y in 0..<rows {
          let row = UnsafeBufferPointer(rebasing: detail[(y * width + reach)...].prefix(columns))
          let shifted = UnsafeBufferPointer(rebasing: detail[((y + down) * width + reach + right)...].prefix(columns))
          sum += Double(product(row, shifted))
        }
        return sum / Double(rows * columns)
      }
      // An even picture has no detail that could be regular.
      let energy = mean(0, 0) + 1e-6 * 255 * 255
      var (squares, count) = (0.0, 0.0)
      for down in 0...reach {
        for right in -reach...reach
        where (down > 0 || right > 0) && (25...110).contains(down * down + right * right) && (down + right) % 2 == 0 {
          let share = mean(down, right) / energy
          squares += share * share
          count += 1
        }
      }
      return (squares / count).squareRoot()
    }
  }

  /// The sum of two rows' products, in sixteen sums side by side.
  private static func product(_ one: UnsafeBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>) -> Float {
    var sums = SIMD16<Float>.zero
    for start in stride(from: 0, to: one.count - one.count % 16, by: 16) {
      for lane in 0..<16 { sums[lane] += one[start + lane] * other[start + lane] }
    }
    return (one.count - one.count % 16..<one.count).reduce(sums.sum()) { $0 + one[$1] * other[$1] }
  }

  /// Grey less its smoothed self, of the pixels that have two more on each side: [height, width].
  private static func detail(_ picture: ImageBuffer, width: Int, height: Int) -> [Float] {
    let whole = picture.width
    let grey: [Float] = picture.inEightBits().withUnsafeBytes { bytes in
      (0..<picture.pixels).map { pixel in
        let sum = Int(bytes[3 * pixel]) + Int(bytes[3 * pixel + 1]) + Int(bytes[3 * pixel + 2])
        return Float(sum) / 3
      }
    }
    var result = [Float](repeating: 0, count: width * height)
    var column = [Float](repeating: 0, count: whole)
    for y in 0..<height {
      for x in 0..<whole { column[x] = smoothed(grey, at: y * whole + x, step: whole) }
      for x in 0..<width { result[y * width + x] = grey[(y + 2) * whole + x + 2] - smoothed(column, at: x, step: 1) }
    }
    return result
  }

  /// The mean of five values by weights of 1, 4, 6, 4 and 1.
  @inline(__always)
  private static func smoothed(_ values: [Float], at first: Int, step: Int) -> Float {
    let outer = values[first] + values[first + 4 * step]
    let inner = values[first + step] + values[first + 3 * step]
    return (outer + 4 * inner + 6 * values[first + 2 * step]) / 16
  }
}
