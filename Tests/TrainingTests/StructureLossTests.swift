import StyleNetworks
import Testing
import Torch

@testable import Training

@Suite struct StructureLossTests {
  /// Random greys at every fourth pixel and what is between them, [1, 3, 64, 96].
  private static func photograph() throws -> Tensor {
    let (columns, greys) = (24, SeededValues.uniform(count: 16 * 24, seed: 6))
    var plane: [Float] = []
    for y in 0..<64 {
      for x in 0..<96 { plane.append(greys[y / 4 * columns + x / 4]) }
    }
    return try Tensor(copying: plane + plane + plane, shape: [1, 3, 64, 96], type: .float32)
  }

  @Test(
    arguments: [(0.5, 0.3, 0.0, 0.02), (-1.0, 1.0, 1.5, 2.0), (0.0, 0.4, 0.25, 1.0)])
  func `another mean or contrast costs little, a negative most, nothing at all in between`(
    _ change: (contrast: Double, lightness: Double, least: Double, most: Double)
  ) throws {
    let photograph = try Self.photograph()
    let painting = try photograph.scaled(by: change.contrast, offset: change.lightness)
    let loss = try StructureLoss.of(painting, photograph).item()
    #expect((change.least...change.most).contains(loss), "\(loss)")
  }

  @Test func `strokes on what is even cost nothing`() throws {
    let strokes = try Self.photograph()
    let even = try strokes.scaled(by: 0, offset: 0.5)
    #expect(try StructureLoss.of(strokes.scaled(by: 0.2), even).item() < 0.15)
    #expect(try StructureLoss.of(even, even).item() < 0.01)
  }
}
