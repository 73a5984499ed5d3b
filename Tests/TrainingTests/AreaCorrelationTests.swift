import StyleNetworks
import Testing
import Torch

@testable import Training

@Suite struct AreaCorrelationTests {
  /// Areas of 16 by 16 pixels of random colours, with some grain: [2, 3, 96, 80].
  private static func photographs() throws -> Tensor {
    let (rows, columns) = (6, 5)
    let colours = SeededValues.uniform(count: 2 * 3 * rows * columns, seed: 4)
    let grain = SeededValues.signed(count: 2 * 3 * 256 * rows * columns, seed: 5)
    var values: [Float] = []
    for plane in 0..<2 * 3 {
      for y in 0..<16 * rows {
        for x in 0..<16 * columns {
          values.append(colours[(plane * rows + y / 16) * columns + x / 16] + 0.1 * Float(grain[values.count]))
        }
      }
    }
    return try Tensor(copying: values, shape: [2, 3, 16 * rows, 16 * columns], type: .float32)
  }

  @Test(
    arguments: [AreaCorrelationLoss.Quality.lightness, .warmth],
    [(1.0, 0.0, 0.0, 0.001), (0.5, 0.2, 0.0, 0.01), (-1.0, 1.0, 1.9, 2.0), (0.0, 0.4, 0.4, 0.5)])
  func `another mean or contrast costs nothing, a negative most, nothing at all something`(
    _ quality: AreaCorrelationLoss.Quality, _ change: (contrast: Double, lightness: Double, least: Double, most: Double)
  ) throws {
    let photographs = try Self.photographs()
    let painting = try photographs.scaled(by: change.contrast, offset: change.lightness)
    let loss = try AreaCorrelationLoss.of(quality, painting, photographs).item()
    #expect((change.least...change.most).contains(loss), "\(loss)")
  }

  @Test func `warmth is yellow against blue, whatever the lightness`() throws {
    let photographs = try Self.photographs()
    func mixed(_ weights: [[Double]]) throws -> Tensor {
      try Tensor.cat(weights.map { try photographs.channelSum($0) }, dimension: 1)
    }
    // Yellow for blue, every grey as it was; and of one grey everywhere, as warm as before.
    let turned = try mixed([[2, -1, 2], [-1, 2, 2], [2, 2, -1]].map { $0.map { $0 / 3 } })
    let even = try mixed([[1, 1, -2], [1, 1, -2], [-2, -2, 4]].map { $0.map { $0 / 6 } })
    #expect(try AreaCorrelationLoss.of(.warmth, turned, photographs).item() > 1.9)
    #expect(try AreaCorrelationLoss.of(.warmth, even, photographs).item() < 0.001)
    #expect(try AreaCorrelationLoss.of(.lightness, even, photographs).item() > 0.2)
  }
}
