import StyleNetworks
import Testing
import Torch

@testable import Training

@Suite struct PaletteTests {
  /// Areas of 16 by 16 pixels of random colours: [1, 3, 96, 80], each channel multiplied by its contrast.
  private static func picture(_ contrasts: [Double], seed: UInt64 = 3) throws -> Tensor {
    let (rows, columns) = (6, 5)
    let colours = SeededValues.uniform(count: 3 * rows * columns, seed: seed)
    var values: [Float] = []
    for channel in 0..<3 {
      for y in 0..<16 * rows {
        for x in 0..<16 * columns {
          let colour = Double(colours[(channel * rows + y / 16) * columns + x / 16])
          values.append(Float(0.5 + (colour - 0.5) * contrasts[channel]))
        }
      }
    }
    return try Tensor(copying: values, shape: [1, 3, 16 * rows, 16 * columns], type: .float32)
  }

  @Test(arguments: [
    ([1.0, 1.0, 1.0], 0.0, 1e-9), ([0.0, 0.0, 0.0], 0.9999, 1.0001), ([0.7, 0.7, 0.7], 0.2600, 0.2602),
    ([1.0, 1.0, 0.0], 0.1, 0.9),
  ]) func `the same colours cost nothing, a single one all, paler ones and a lost hue some`(
    _ contrasts: [Double], _ least: Double, _ most: Double
  ) throws {
    let palette = try PaletteLoss(artwork: Self.picture([1, 1, 1]))
    let loss = try palette.of(Self.picture(contrasts)).item()
    #expect((least...most).contains(loss), "\(loss)")
  }

  @Test func `where colours are does not matter, nor a lightness that all have`() throws {
    let picture = try Self.picture([1, 1, 1])
    let palette = try PaletteLoss(artwork: picture)
    let (left, right) = try (
      picture.narrowed(dimension: 3, start: 0, length: 48), picture.narrowed(dimension: 3, start: 48, length: 32)
    )
    let turned = try Tensor.cat([right, left], dimension: 3).scaled(by: 1, offset: 0.1)
    #expect(try palette.of(turned).item() < 1e-9)
  }
}
