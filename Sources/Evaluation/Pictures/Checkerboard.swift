internal import Foundation
public import Imaging

/// How much of a picture's energy repeats every two or four pixels, as the upsampling of networks leaves it (Odena et al. 2016, "Deconvolution
/// and Checkerboard Artifacts").
///
/// The grey picture without its mean, cut to multiples of eight and under a Hann window, is transformed; what lies within two bins of the
/// lattice's frequencies is divided by the whole. Only the bins in question are computed, row by row and then column by column; the whole
/// is the sum of squares (Parseval).
public struct Checkerboard: Sendable, Hashable, Codable {
  /// The share of energy that repeats every two pixels, 0…1.
  public var period2: Double
  /// The share of energy that repeats every four pixels, those of two included, 0…1.
  public var period4: Double

  /// The shares of a picture; nil where a side has less than eight pixels.
  public init?(_ picture: ImageBuffer) {
    let (height, width) = (picture.height / 8 * 8, picture.width / 8 * 8)
    guard height > 0, width > 0 else { return nil }
    let values = Checkerboard.windowed(picture, width: width, height: height)
    let total = values.reduce(0) { $0 + $1 * $1 } * Double(width * height)
    guard total > 0 else {
      (period2, period4) = (0, 0)
      return
    }
    let (rows, columns) = (Checkerboard.bins(height), Checkerboard.bins(width))
    let across = Checkerboard.transformed(values, width: width, height: height, columns: columns)
    let power = Checkerboard.power(across, height: height, rows: rows, columns: columns.count)
    func share(_ period: Int) -> Double {
      var sum = 0.0
      for a in 0..<period {
        for b in 0..<period where a > 0 || b > 0 {
          for i in 0..<5 {
            for j in 0..<5 { sum += power[(a * 4 / period * 5 + i) * columns.count + b * 4 / period * 5 + j] }
          }
        }
      }
      return sum / total
    }
    period2 = share(2)
    period4 = share(4)
  }

  /// The bins within two of 0, 1/4, 1/2 and 3/4 of the sampling rate, five each.
  private static func bins(_ count: Int) -> [Int] {
    (0..<4).flatMap { quarter in (-2...2).map { (quarter * count / 4 + $0 + count) % count } }
  }

  /// Grey (BT.601) less its mean, under the window.
  private static func windowed(_ picture: ImageBuffer, width: Int, height: Int) -> [Double] {
    let bytes = picture.inEightBits()
    var values = [Double](repeating: 0, count: width * height)
    bytes.withUnsafeBytes { bytes in
      for y in 0..<height {
        for x in 0..<width {
          let at = (y * picture.width + x) * 3
          values[y * width + x] = Double(
            (Int(bytes[at]) * 19595 + Int(bytes[at + 1]) * 38470 + Int(bytes[at + 2]) * 7471 + 0x8000) >> 16)
        }
      }
    }
    let mean = values.reduce(0, +) / Double(values.count)
    func hann(_ count: Int) -> [Double] { (0..<count).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(count - 1)) } }
    let (down, right) = (hann(height), hann(width))
    for y in 0..<height {
      for x in 0..<width { values[y * width + x] = (values[y * width + x] - mean) * down[y] * right[x] }
    }
    return values
  }

  /// The wanted bins of each row: [height, columns], as (real, imaginary).
  private static func transformed(_ values: [Double], width: Int, height: Int, columns: [Int]) -> [SIMD2<Double>] {
    let circle = circle(width)
    var result = [SIMD2<Double>](repeating: .zero, count: height * columns.count)
    for (index, bin) in columns.enumerated() {
      let wave = (0..<width).map { circle[$0 * bin % width] }
      values.withUnsafeBufferPointer { values in
        for y in 0..<height {
          var sum = SIMD2<Double>.zero
          for x in 0..<width { sum += values[y * width + x] * wave[x] }
          result[y * columns.count + index] = sum
        }
      }
    }
    return result
  }

  /// |DFT|² at the wanted bins: [rows, columns].
  private static func power(_ across: [SIMD2<Double>], height: Int, rows: [Int], columns: Int) -> [Double] {
    let circle = circle(height)
    return rows.flatMap { bin in
      (0..<columns).map { column in
        var sum = SIMD2<Double>.zero
        for y in 0..<height {
          let (value, turn) = (across[y * columns + column], circle[y * bin % height])
          sum += SIMD2(value.x * turn.x - value.y * turn.y, value.x * turn.y + value.y * turn.x)
        }
        return (sum * sum).sum()
      }
    }
  }

  /// exp(-2πi k / count) for all k.
  private static func circle(_ count: Int) -> [SIMD2<Double>] {
    (0..<count).map { SIMD2(cos(2 * .pi * Double($0) / Double(count)), -sin(2 * .pi * Double($0) / Double(count))) }
  }
}
