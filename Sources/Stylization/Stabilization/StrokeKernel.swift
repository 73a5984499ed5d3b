internal import CStrokes
internal import Foundation
internal import OpticalFlow

/// Reads a picture between its pixels, luma from the twelve by twelve around, chroma from eight by eight: a sinc in Kaiser's window (β = 5; Kaiser & Schafer 1980).
///
/// Strokes are moved dozens of times in a row, so what counts is that nothing is softened or sharpened: forty moves by all parts of a pixel leave 0.99 to
/// 1.08 of luma's waves of more than 2.8 pixels, and 0.93 to 1.08 of chroma's of more than three of its own. Bicubic interpolation (a = -0.75) makes three times of some, and
/// bilinear interpolation leaves nothing.
struct StrokeKernel: Sendable {
  /// How many places between two pixels are told apart.
  private static let phases = 128

  /// Weights that neither soften nor sharpen, for each place: of luma, whose sum is 1, and of chroma.
  private static let (plainLuma, plainChroma) = (weights(taps: Int(CS_LUMA_TAPS)), weights(taps: Int(CS_CHROMA_TAPS)))

  /// The weights of luma.
  private let luma: [Float]

  /// - Parameter sharpening: how much a move by half a pixel strengthens luma's finest waves in each direction: [-g, 1 + 2g, -g], so that those of four pixels
  ///   grow by 2g, of eight by 0.6g, of two by 4g. Less of it between whole pixels and halves, and nothing where nothing is taken: by whole pixels.
  init(sharpening: Float = 0) {
    let (plain, taps) = (StrokeKernel.plainLuma, Int(CS_LUMA_TAPS))
    luma =
      sharpening == 0
      ? plain
      : plain.indices.map { index in
        let (phase, tap) = (index / taps, index % taps)
        let between = sin(.pi * Float(phase) / Float(StrokeKernel.phases))
        let gain = sharpening * between * between
        let (before, after) = (tap > 0 ? plain[index - 1] : 0, tap + 1 < taps ? plain[index + 1] : 0)
        let cut = plain[phase * taps] + plain[(phase + 1) * taps - 1]
        return (plain[index] + gain * (2 * plain[index] - before - after)) / (1 + gain * cut)
      }
  }

  private static func weights(taps: Int) -> [Float] {
    let beta = 5.0
    return (0...StrokeKernel.phases).flatMap { phase -> [Float] in
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

  /// A plane, moved along a flow; outside a picture is as at its edge.
  ///
  /// - Parameters:
  ///   - plane: luma or chroma.
  ///   - form: the picture's.
  ///   - flow: where each pixel was, at half the picture's size.
  ///   - led: how far each is led; what is not led at all becomes 0.
  func moved(_ plane: Plane, of form: cs_form, along flow: Flow, where led: [Float]) -> Plane {
    precondition(led.count == flow.vectors.count)
    let (border, rows) = (2 * Int(CS_BORDER), 2 * Int(CS_BORDER_ROWS))
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: (plane.shape.height + rows) * (plane.shape.stride + border))
    defer { memory.deallocate() }
    return Plane(plane.shape) { to in
      plane.values.withUnsafeBufferPointer { from in
        flow.vectors.withUnsafeBytes { vectors in
          led.withUnsafeBufferPointer { led in
            guard let from = from.baseAddress, let vectors = vectors.baseAddress, let led = led.baseAddress else { return }
            let ways = cs_ways(
              flow: vectors.assumingMemoryBound(to: Float.self), led: led, columns: Int32(flow.width), rows: Int32(flow.height))
            let phases = Int32(StrokeKernel.phases)
            if plane.shape.channels == 1 {
              cs_move_luma(from, form, ways, luma, phases, memory, to)
            } else {
              cs_move_chroma(from, form, ways, StrokeKernel.plainChroma, phases, memory, to)
            }
          }
        }
      }
    }
  }
}
