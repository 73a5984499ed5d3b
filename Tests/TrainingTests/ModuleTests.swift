import Engine
import Foundation
import StyleNetworks
import Testing
import Torch
import TorchEngine

@testable import Training

@Suite(.serialized) struct ModuleTests {
  static func picture(_ seed: UInt64) throws -> Tensor {
    try Tensor(copying: SeededValues.uniform(count: 2 * 3 * 40 * 32, seed: seed), shape: [2, 3, 40, 32], type: .float32)
  }

  @Test(arguments: [
    Architecture.original(widths: (4, 6, 8), blocks: 2), .transformerNet(widths: (4, 6, 8), blocks: 2),
    .compact(widths: (6, 8), blocks: 2), .dense(widths: (6, 8), blocks: 2),
  ])
  func `a module in training answers like the engine`(_ architecture: Architecture) throws {
    let network = try StyleNetwork.random(architecture: architecture, seed: 3)
    let module = try StyleModule(network)
    let found = try module.forward(Self.picture(4)).detached().floats()
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32))
    let expected = try runner.forward(Batch(shape: [2, 3, 40, 32], values: Self.picture(4).floats())).values
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
    #expect(try module.network() == network)
  }

  @Test func `bf16 and channels-last stay close to f32`() throws {
    let network = try StyleNetwork.random(architecture: .original(widths: (4, 6, 8), blocks: 2), seed: 3)
    let exact = try StyleModule(network).forward(Self.picture(4)).detached().floats()
    let last = try StyleModule(network, channelsLast: true).forward(Self.picture(4)).detached().floats()
    #expect(zip(exact, last).allSatisfy { abs($0 - $1) <= 1e-5 })
    let half = try StyleModule(network, precision: .bfloat16).forward(Self.picture(4)).detached().floats()
    let error = zip(exact, half).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(exact.count)
    #expect(error > 0 && error < 1e-3, "\(error)")
  }

  @Test func `folding 255 into the ends changes no answer`() throws {
    let network = try StyleNetwork.random(architecture: .transformerNet(widths: (4, 6, 8), blocks: 1), seed: 3)
    let unit = try #require(try network.inUnitRange())
    #expect(unit.architecture.input == .unit && unit.architecture.output == .unit)
    let one = try StyleModule(network).forward(Self.picture(4)).detached().floats()
    let other = try StyleModule(unit).forward(Self.picture(4)).detached().floats()
    #expect(zip(one, other).allSatisfy { abs($0 - $1) <= 1e-4 })
  }

  @Test func `initial weights follow PyTorch's default ranges`() throws {
    let network = try StyleNetwork.untrained(.original(widths: (8, 12, 16), blocks: 1), seed: 1)
    let weights = try #require(network.weights["convBlock.3.conv2d.weight"]).floats()
    let bound = Float(1 / (8.0 * 9).squareRoot())
    #expect(weights.allSatisfy { abs($0) <= bound })
    let deviation = (weights.reduce(0) { $0 + $1 * $1 } / Float(weights.count)).squareRoot()
    // Uniform in ±b has a deviation of b / √3.
    #expect(abs(deviation - bound / 3.0.squareRoot().float) < 0.05 * bound)
    let biases = try #require(network.weights["convBlock.3.conv2d.bias"]).floats()
    #expect(biases.allSatisfy { abs($0) <= bound } && Set(biases).count == 12)
    #expect(try #require(network.weights["convBlock.4.weight"]).floats() == [Float](repeating: 1, count: 12))
    #expect(try #require(network.weights["convBlock.4.bias"]).floats() == [Float](repeating: 0, count: 12))
    #expect(try StyleNetwork.untrained(.original(widths: (8, 12, 16), blocks: 1), seed: 2) != network)
  }

  @Test func `noise is the seed's and nothing else's`() throws {
    var temporal = Recipe.balanced.temporal
    temporal.noise = .gaussian(deviation: 0.005)
    temporal.every = 2
    let shape = [1, 3, 64, 64]
    let one = try #require(try temporal.disturbance(shape: shape, seed: 1, step: 4, device: .cpu))
    _ = try Tensor.normal([1000], seed: 77)
    let same = try #require(try temporal.disturbance(shape: shape, seed: 1, step: 4, device: .cpu))
    #expect(try one.noise.floats() == same.noise.floats())
    #expect(try #require(one.flow).places.floats() == #require(same.flow).places.floats())
    #expect(one.gain == same.gain && one.offset == same.offset)
    let other = try #require(try temporal.disturbance(shape: shape, seed: 1, step: 6, device: .cpu))
    #expect(try other.noise.floats() != one.noise.floats())
    #expect(try temporal.disturbance(shape: shape, seed: 1, step: 5, device: .cpu) == nil)
    let values = try one.noise.floats()
    let deviation = (values.reduce(0) { $0 + Double($1 * $1) } / Double(values.count)).squareRoot()
    #expect(abs(deviation - 0.005) < 0.0003)
  }

  @Test func `an exact flow moves whole pixels where it only shifts`() throws {
    let size = 64
    var generator = SplitMix64(state: 3)
    let flow = try ExactFlow(
      .init(shift: 6, zoom: 0, rotation: 0, warp: 0), shape: [2, 3, size, size], margin: 8, generator: &generator, device: .cpu)
    let places = try flow.places.floats()
    for picture in 0..<2 {
      let shifts = (0..<size * size).map { at in
        let index = (picture * size * size + at) * 2
        return SIMD2(
          ((places[index] + 1) * Float(size) - 1) / 2 - Float(at % size),
          ((places[index + 1] + 1) * Float(size) - 1) / 2 - Float(at / size))
      }
      let first = shifts[0].rounded(.toNearestOrEven)
      #expect(shifts.allSatisfy { abs($0.x - first.x) < 1e-3 && abs($0.y - first.y) < 1e-3 })
      #expect(abs(first.x) <= 6 && abs(first.y) <= 6)
    }
    // Inside the margin, and where what is seen there comes from inside too.
    let mask = try flow.mask.floats()
    let count = Double(mask.reduce(0, +))
    #expect(
      count >= Double(2 * (size - 2 * 8 - 6) * (size - 2 * 8 - 6)) && count <= Double(2 * (size - 16) * (size - 16)))
  }

  /// The two matrix products against the formula, pixel by pixel: a similarity about the centre, then cubic B-splines of the nodes around.
  @Test func `an exact flow is its formula at every pixel`() throws {
    let (width, height) = (136, 104)
    let motion = Recipe.Temporal.Motion(shift: 5, zoom: 0.05, rotation: 3, warp: 2)
    var generator = SplitMix64(state: 11)
    let flow = try ExactFlow(motion, shape: [1, 3, height, width], margin: 8, generator: &generator, device: .cpu)
    let (places, mask) = (try flow.places.floats(), try flow.mask.floats())

    var draws = SplitMix64(state: 11)
    func draw(_ most: Double) -> Double { Double.random(in: -most...most, using: &draws) }
    let shift = SIMD2(draw(motion.shift), draw(motion.shift))
    let scale = 1 + draw(motion.zoom)
    let angle = draw(motion.rotation) * .pi / 180
    let columns = width / 96 + 4
    let nodes = (0..<(height / 96 + 4) * columns).map { _ in
      let radius = motion.warp * (-2 * log(1 - Double.random(in: 0..<1, using: &draws))).squareRoot()
      let phase = 2 * Double.pi * Double.random(in: 0..<1, using: &draws)
      return SIMD2(radius * cos(phase), radius * sin(phase))
    }
    /// The cubic B-spline about 0.
    func spline(_ x: Double) -> Double {
      let x = abs(x)
      return x < 1 ? 2.0 / 3 - x * x + x * x * x / 2 : x < 2 ? (2 - x) * (2 - x) * (2 - x) / 6 : 0
    }
    let centre = SIMD2(Double(width - 1), Double(height - 1)) / 2
    for y in 0..<height {
      for x in 0..<width {
        let offset = SIMD2(Double(x), Double(y)) - centre
        var place =
          centre + shift
          + scale * SIMD2(cos(angle) * offset.x - sin(angle) * offset.y, sin(angle) * offset.x + cos(angle) * offset.y)
        for (index, node) in nodes.enumerated() {
          // Node i lies at (i - 1) 96.
          place +=
            node * (spline(Double(y) / 96 - Double(index / columns - 1)) * spline(Double(x) / 96 - Double(index % columns - 1)))
        }
        let at = y * width + x
        let found = SIMD2(
          ((Double(places[at * 2]) + 1) * Double(width) - 1) / 2, ((Double(places[at * 2 + 1]) + 1) * Double(height) - 1) / 2)
        #expect(abs(found.x - place.x) < 1e-3 && abs(found.y - place.y) < 1e-3)
        let least = min(place.x, place.y, Double(x), Double(y)) - 8
        let most = min(Double(width - 9) - max(place.x, Double(x)), Double(height - 9) - max(place.y, Double(y)))
        // On the margin itself rounding decides.
        if abs(min(least, most)) > 0.01 || place == SIMD2(Double(x), Double(y)) {
          #expect((mask[at] == 1) == (min(least, most) >= 0))
        }
      }
    }
  }

  @Test func `an exact flow stays within what its motion allows`() throws {
    let size = 96
    var generator = SplitMix64(state: 4)
    let motion = Recipe.Temporal.Motion(shift: 5, zoom: 0.05, rotation: 3, warp: 2)
    let flow = try ExactFlow(motion, shape: [4, 3, size, size], margin: 8, generator: &generator, device: .cpu)
    let places = try flow.places.floats()
    // Shift, zoom and rotation at a corner, and five standard deviations of the field.
    let corner = Double(size) / 2 * 2.0.squareRoot()
    let most = 5 * 2.0.squareRoot() + corner * (0.05 + 3 * .pi / 180) + 10 * 2.0.squareRoot()
    var moved = 0.0
    for index in 0..<4 * size * size {
      let at = index % (size * size)
      let x = (Double(places[index * 2] + 1) * Double(size) - 1) / 2 - Double(at % size)
      let y = (Double(places[index * 2 + 1] + 1) * Double(size) - 1) / 2 - Double(at / size)
      #expect((x * x + y * y).squareRoot() < most)
      moved += x * x + y * y
    }
    #expect(moved > 0)
  }

  @Test func `the original's noise is whole numbers of ±30 on a twentieth of the values`() throws {
    let disturbance = try #require(
      try Recipe.original.temporal.disturbance(shape: [4, 3, 64, 64], seed: 1, step: 1, device: .cpu))
    let values = try disturbance.noise.floats().map { $0 * 255 }
    #expect(values.allSatisfy { abs($0 - $0.rounded()) < 1e-3 && abs($0) < 30.5 })
    #expect(values.contains { $0.rounded() == 30 } && values.contains { $0.rounded() == -30 })
    let share = Double(values.count { $0 != 0 }) / Double(values.count)
    #expect(abs(share - 0.05 * 60 / 61) < 0.005, "\(share)")
  }
}

extension Double {
  fileprivate var float: Float { Float(self) }
}
