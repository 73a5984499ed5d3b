import Engine
import Foundation
import StyleNetworks
import Testing
import TorchEngine

/// A compact network made dense: what it paints does not depend on the grid that the picture lies on.
@Suite(.serialized) struct DenseTests {
  static let side = 128

  /// A picture that repeats every sixteen pixels, [1, 3, side, side], moved to the left by `shift`.
  static func picture(movedBy shift: Int) -> Batch {
    let period = 16
    let cell = SeededValues.uniform(count: 3 * period * period, seed: 21)
    var values: [Float] = []
    for channel in 0..<3 {
      for y in 0..<side {
        for x in 0..<side { values.append(cell[(channel * period + y % period) * period + (x + shift) % period]) }
      }
    }
    return Batch(shape: [1, 3, side, side], values: values)
  }

  /// The mean squared difference between a painting that is moved and the painting of what has moved, far from the edges.
  static func unsteadiness(_ network: StyleNetwork, shift: Int) throws -> Double {
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32))
    let still = try runner.forward(picture(movedBy: 0)).values
    let moved = try runner.forward(picture(movedBy: shift)).values
    let inside = 32..<side - 32
    var sum = 0.0
    for channel in 0..<3 {
      for y in inside {
        for x in inside {
          let row = (channel * side + y) * side
          let difference = Double(still[row + x + shift] - moved[row + x])
          sum += difference * difference
        }
      }
    }
    return sum / Double(3 * inside.count * inside.count)
  }

  @Test func `a picture moved by two pixels is painted as it was`() throws {
    let compact = try StyleNetwork.random(architecture: .compact(widths: (16, 32), blocks: 1), seed: 3)
    let dense = try #require(try compact.dense())
    // What is left is normalisation's statistics, which the edges change a little; four pixels are the compact network's own step.
    let floor = try Self.unsteadiness(compact, shift: 4)
    #expect(try Self.unsteadiness(dense, shift: 2) < 3 * floor)
    #expect(try Self.unsteadiness(compact, shift: 2) > 30 * floor)
  }

  @Test func `both paint alike what has no detail`() throws {
    let compact = try StyleNetwork.random(architecture: .compact(widths: (16, 32), blocks: 1), seed: 3)
    let dense = try #require(try compact.dense())
    let values = (0..<3 * Self.side * Self.side).map { index in
      let (x, y) = (Float(index % Self.side), Float(index / Self.side))
      return 0.5 + 0.3 * sin(x / 11) * cos(y / 13)
    }
    func painted(_ network: StyleNetwork) throws -> [Double] {
      let batch = Batch(shape: [1, 3, Self.side, Self.side], values: values)
      let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32))
      let painting = try runner.forward(batch).values.map(Double.init)
      let mean = painting.reduce(0, +) / Double(painting.count)
      return painting.map { $0 - mean }
    }
    let (one, other) = (try painted(compact), try painted(dense))
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    #expect(product(one, other) / (product(one, one) * product(other, other)).squareRoot() > 0.95)
  }
}
