import StyleNetworks
import Testing
import Torch

@testable import Training

@Suite struct ToneTests {
  /// Areas of 16 by 16 pixels of random greys, with some grain: [2, 3, 96, 80].
  private static func photographs() throws -> Tensor {
    let (rows, columns) = (6, 5)
    let greys = SeededValues.uniform(count: 2 * rows * columns, seed: 4)
    let grain = SeededValues.signed(count: 2 * 3 * 256 * rows * columns, seed: 5)
    var values: [Float] = []
    for plane in 0..<2 * 3 {
      for y in 0..<16 * rows {
        for x in 0..<16 * columns {
          values.append(greys[(plane / 3 * rows + y / 16) * columns + x / 16] + 0.1 * Float(grain[values.count]))
        }
      }
    }
    return try Tensor(copying: values, shape: [2, 3, 16 * rows, 16 * columns], type: .float32)
  }

  @Test(arguments: [(1.0, 0.0, 0.0, 0.001), (0.5, 0.2, 0.0, 0.01), (-1.0, 1.0, 1.9, 2.0), (0.0, 0.4, 0.4, 0.5)])
  func `lighter or paler costs nothing, a negative most, nothing at all something`(
    _ contrast: Double, _ lightness: Double, _ least: Double, _ most: Double
  ) throws {
    let photographs = try Self.photographs()
    let loss = try ToneLoss.of(photographs.scaled(by: contrast, offset: lightness), photographs).item()
    #expect((least...most).contains(loss), "\(loss)")
  }
}
