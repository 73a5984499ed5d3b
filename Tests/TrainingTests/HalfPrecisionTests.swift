import Foundation
import StyleNetworks
import Testing
import Torch

@testable import Training

/// Gradients in bfloat16 against those of the CPU's layers in f32.
@Suite(.serialized) struct HalfPrecisionTests {
  private static var hasGPU: Bool { (try? Runtime.isAvailable(.cuda(0))) == true }

  /// A module's gradients of the square of what its paintings and some photographs differ by, one list a parameter.
  private static func gradients(of module: StyleModule, on device: Device) throws -> [[Float]] {
    let shape = [2, 3, 96, 64]
    let count = shape.reduce(1, *)
    // Waves: what networks see is smooth.
    let values = (0..<count).map { index -> Float in
      let wave = sin(Double(index % 64) * 0.2) * cos(Double(index / 64) * 0.13)
      return Float(0.5 + 0.4 * wave)
    }
    let photographs = try Tensor(copying: values, shape: shape, type: .float32, device: device)
    try module.forward(photographs).meanSquaredDifference(photographs).backward()
    return try module.leaves.map { try $0.gradient()?.to(.float32).floats() ?? [] }
  }

  private static let architectures = [
    Architecture.original(widths: (16, 24, 40), blocks: 2), .compact(widths: (16, 32), blocks: 2),
  ]

  private static func compare(_ architecture: Architecture, on device: Device, fusing: Bool) throws {
    let network = try StyleNetwork.random(architecture: architecture, seed: 5)
    let expected = try gradients(of: StyleModule(network), on: .cpu)
    let module = try StyleModule(network, device: device, precision: .bfloat16, channelsLast: true, fusing: fusing)
    let found = try gradients(of: module, on: device)
    var (misses, length): (Float, Float) = (0, 0)
    for (one, other) in zip(found, expected) {
      #expect(one.count == other.count)
      misses += zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      length += other.reduce(0) { $0 + $1 * $1 }
    }
    // bfloat16 has eight bits, and a gradient goes through some thirty roundings: 0.08 on the CPU. A wrong kernel misses by the whole.
    let share = (misses / length).squareRoot()
    #expect(share < 0.1, "\(share)")
  }

  @Test(arguments: architectures) func `layers have f32's gradients`(_ architecture: Architecture) throws {
    try Self.compare(architecture, on: .cpu, fusing: false)
  }

  @Test(.enabled(if: hasGPU, "there is no CUDA device here"), arguments: architectures, [true, false])
  func `layers and fused passes on a GPU have f32's gradients`(_ architecture: Architecture, _ fusing: Bool) throws {
    try Self.compare(architecture, on: .cuda(0), fusing: fusing)
  }
}
