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

  /// The same features with their channels side by side go another way through Gram matrices, with a gradient of our own.
  @Test(arguments: [1, 2]) func `Gram matrices of either layout have the same gradients`(_ tiles: Int) throws {
    let shape = [2, 5, 6, 4]
    let values = (0..<shape.reduce(1, *)).map { Float(sin(Double($0) * 1.7)) }
    let weights = try Tensor(
      copying: (0..<tiles * tiles * 2 * 25).map { Float(cos(Double($0))) }, shape: [tiles * tiles * 2, 5, 5], type: .float32)
    let found = try [false, true].map { sideBySide in
      let leaf = try Tensor(copying: values, shape: shape, type: .float32)
      try leaf.setRequiresGradient()
      let features = sideBySide ? try leaf.channelsLast() : leaf
      let grams = try features.tileProducts(tiles)
      try grams.times(weights).mean().backward()
      return (grams: try grams.detached().floats(), gradient: try leaf.gradient()?.floats() ?? [])
    }
    #expect(found[0].gradient.contains { $0 != 0 })
    for (one, other) in zip(found[0].grams + found[0].gradient, found[1].grams + found[1].gradient) {
      #expect(abs(one - other) < 1e-5)
    }
  }

  /// What is pooled together with its convolution and what is pooled after it, with gradients through both.
  @Test(arguments: [(6, 8, false), (7, 5, true), (7, 5, false)])
  func `pooling with the convolution is pooling after it`(_ height: Int, _ width: Int, _ ceil: Bool) throws {
    func waves(_ shape: [Int], _ step: Double) throws -> Tensor {
      try Tensor(copying: (0..<shape.reduce(1, *)).map { Float(sin(Double($0) * step)) }, shape: shape, type: .float32)
    }
    let (weight, bias) = (try waves([8, 3, 3, 3], 0.7), try waves([8], 2))
    let found = try [false, true].map { together in
      let leaf = try waves([2, 3, height, width], 1.3)
      try leaf.setRequiresGradient()
      let whole: Tensor
      let pooled: Tensor
      if together {
        (whole, pooled) = try leaf.convolvedWithReLUAndPool(weight: weight, bias: bias, padding: 1, ceil: ceil)
      } else {
        whole = try leaf.convolved(weight: weight, bias: bias, padding: 1).relu()
        pooled = try whole.maxPooled(2, ceil: ceil)
      }
      try whole.squared().mean().plus(pooled.squared().mean()).backward()
      return (shape: try pooled.shape(), values: try pooled.detached().floats() + (leaf.gradient()?.floats() ?? []))
    }
    #expect(found[0].shape == found[1].shape && found[0].values.count == found[1].values.count)
    for (one, other) in zip(found[0].values, found[1].values) { #expect(abs(one - other) < 1e-6) }
  }
}
