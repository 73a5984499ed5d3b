import Engine
import Foundation
import StyleNetworks
import Testing
import TorchEngine

/// Every family against PyTorch: seeded weights and inputs, made alike on both sides; PyTorch's outputs are committed (`Tests/Goldens`).
@Suite(.serialized) struct GoldenTests {
  static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Goldens/networks.safetensors").path

  struct Case: CustomStringConvertible, Sendable {
    var family: String
    var variant: String
    var height: Int
    var width: Int
    var batch: Int
    var description: String { "\(family).\(variant).\(height)x\(width).b\(batch)" }

    var architecture: Architecture {
      let full = variant == "full"
      let widths = full ? (32, 64, 128) : (12, 20, 28)
      let blocks = full ? 5 : 3
      switch family {
      case "original": return .original(widths: widths, blocks: blocks)
      case "compact": return .compact(widths: full ? (32, 64) : (12, 20), blocks: blocks)
      case "dense": return .dense(widths: full ? (32, 64) : (12, 20), blocks: blocks)
      default: return .transformerNet(widths: widths, blocks: blocks)
      }
    }
  }

  /// A network's sizes and batches: making its millions of weights takes longer than running it.
  private static func cases(_ family: String, _ variant: String) -> [Case] {
    [(8, 8), ["compact", "dense"].contains(family) ? (36, 52) : (37, 53), (256, 256), (360, 640)].flatMap { height, width in
      [1, 3].map { Case(family: family, variant: variant, height: height, width: width, batch: $0) }
    }
  }

  @Test(arguments: ["original", "transformer-net", "compact", "dense"], ["full", "odd"])
  func `outputs equal PyTorch's`(_ family: String, _ variant: String) throws {
    let cases = Self.cases(family, variant)
    let network = try StyleNetwork.random(architecture: try #require(cases.first).architecture, seed: 7)
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32))
    let file = try SafetensorsFile(contentsOf: Self.goldens)
    for golden in cases { try check(golden, runner, file) }
  }

  private func check(_ golden: Case, _ runner: any NetworkRunner, _ file: SafetensorsFile) throws {
    let sizes = try #require(file["\(golden).shape"])
    let shape = sizes.floats().map { Int($0) }
    let steps = try #require(file["\(golden).step"]).floats()
    let step = Int(try #require(steps.first))
    let expected = try #require(file["\(golden).values"]).floats()
    let moments = try #require(file["\(golden).moments"]).floats()

    let count = golden.batch * 3 * golden.height * golden.width
    let input = Batch(
      shape: [golden.batch, 3, golden.height, golden.width],
      values: SeededValues.uniform(count: count, seed: SeededValues.hash("\(golden)")))
    let output = try runner.forward(input)

    #expect(output.shape == shape, "\(golden)")
    let sampled = stride(from: 0, to: output.values.count, by: step).map { output.values[$0] }
    #expect(sampled.count == expected.count, "\(golden)")
    let worst = zip(sampled, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= 1e-4, "\(golden): max abs difference \(worst)")
    let mean = output.values.reduce(0.0) { $0 + Double($1) } / Double(output.values.count)
    #expect(abs(mean - Double(moments[0])) <= 1e-5, "\(golden)")
  }

  @Test func `bf16 stays close to f32`() throws {
    let architecture = Architecture.transformerNet(widths: (12, 20, 28), blocks: 3)
    let network = try StyleNetwork.random(architecture: architecture, seed: 7)
    let values = SeededValues.uniform(count: 3 * 64 * 96, seed: 5)
    let input = Batch(shape: [1, 3, 64, 96], values: values)
    let exact = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32)).forward(input)
    let half = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .bf16)).forward(input)
    let error = zip(exact.values, half.values).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) } / Double(values.count)
    #expect(error > 0, "bf16 was not used")
    #expect(10 * log10(1 / error) >= 35, "PSNR \(10 * log10(1 / error)) dB")
  }
}
