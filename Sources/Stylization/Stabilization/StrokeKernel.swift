internal import CStrokes
internal import Foundation

/// Reads a picture between its pixels, from the eight by eight around: a sinc in Kaiser's window (β = 5; Kaiser & Schafer 1980).
///
/// Strokes are moved dozens of times in a row, so what counts is that nothing is softened or sharpened: forty moves by all parts of a pixel leave 0.93 to
/// 1.08 of waves of more than three pixels. Bicubic interpolation (a = -0.75) makes three times of some, and bilinear interpolation leaves nothing.
struct StrokeKernel: Sendable {
  private static let taps = Int(CS_TAPS)
  /// How many places between two pixels are told apart.
  private static let phases = 128

  /// Eight weights for each place, whose sum is 1.
  private let weights: [Float]

  init() {
    let (taps, beta) = (StrokeKernel.taps, 5.0)
    weights = (0...StrokeKernel.phases).flatMap { phase -> [Float] in
      let values = (0..<taps).map { tap -> Double in
        let place = Double(tap - taps / 2 + 1) - Double(phase) / Double(StrokeKernel.phases)
        let share = place / Double(taps / 2)
        guard abs(share) < 1 else { return 0 }
        let sinc = place == 0 ? 1 : sin(.pi * place) / (.pi * place)
        return sinc * StrokeKernel.bessel(beta * (1 - share * share).squareRoot())
      }
      let sum = values.reduce(0, +)
      return values.map { Float($0 / sum) }
    }
  }

  /// The modified Bessel function of the first kind and order zero, by its power series.
  private static func bessel(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for order in 1..<32 {
      term *= x * x / Double(4 * order * order)
      sum += term
    }
    return sum
  }

  /// Reads a row of pixels; outside a picture is as at its edge.
  ///
  /// - Parameters:
  ///   - pixels: `height` rows of `width` pixels.
  ///   - places: where to read: column, row, and a number above 0 where it is to be read at all; other pixels become 0.
  ///   - row: gets what was read.
  func read(
    _ pixels: UnsafeBufferPointer<SIMD4<Float>>, width: Int, height: Int, at places: [SIMD4<Float>], count: Int,
    into row: UnsafeMutablePointer<SIMD4<Float>>
  ) {
    precondition(count <= places.count && pixels.count == width * height)
    guard let pixels = pixels.baseAddress else { return }
    places.withUnsafeBufferPointer { places in
      weights.withUnsafeBufferPointer { weights in
        guard let places = places.baseAddress, let weights = weights.baseAddress else { return }
        cs_read_row(
          floats(pixels), Int32(width), Int32(height), floats(places), Int32(count), weights, Int32(StrokeKernel.phases),
          mutableFloats(row))
      }
    }
  }
}
