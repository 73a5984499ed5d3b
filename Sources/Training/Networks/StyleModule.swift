internal import StyleNetworks
internal import Torch
internal import TorchPasses

/// A style network that learns: the layers of a description, each with its parameters as leaves to which gradients flow.
///
/// Parameters are f32, or f64 where that is the precision. In bf16, activations and convolutions are rounded to it on the way, as autocast does; normalisation keeps its scale
/// and shift in f32.
struct StyleModule: Sendable {
  let architecture: Architecture
  let device: Device
  let precision: DType
  /// Whether the channels of a pixel lie side by side in memory.
  let channelsLast: Bool
  /// PyTorch's names, in the order of the layers.
  let names: [String]
  /// The parameters, in the order of `names`.
  let leaves: [Tensor]
  private let indices: [String: Int]
  /// The passes that compute the network on a GPU; nil where layers do.
  private let fused: FusedNetwork?
  /// Whether passes compute it.
  var hasPasses: Bool { fused != nil }
  /// Whether normalisation is one pass.
  private let fusesNorms: Bool
  /// Constants of resize-convolutions: [9, 36] and [1, 4].
  private let phases: Tensor
  private let zeros: Tensor

  /// - Parameter fusing: whether fused passes may compute it, which have no features to give.
  init(
    _ network: StyleNetwork, device: Device = .cpu, precision: DType = .float32, channelsLast: Bool = false, fusing: Bool = false
  ) throws(TorchError) {
    architecture = network.architecture
    let fuses = try Tensor.fuses(on: device)
    fusesNorms = fuses && precision == .bfloat16
    fused =
      fuses && fusing && precision == .bfloat16 && network.architecture.passesLearn ? FusedNetwork(network.architecture) : nil
    self.device = device
    self.precision = precision
    self.channelsLast = channelsLast
    names = network.architecture.parameterShapes.map(\.name)
    let exact: DType = precision == .float64 ? .float64 : .float32
    phases = try Tensor(copying: ResizeConvolution.phases, shape: [9, 36], type: .float32, device: device).to(exact, on: device)
    zeros = try Tensor(copying: [0, 0, 0, 0] as [Float], shape: [1, 4], type: .float32, device: device).to(exact, on: device)
    var leaves: [Tensor] = []
    for (name, shape) in network.architecture.parameterShapes {
      let values = network.weights[name]?.floats() ?? []
      var leaf = try Tensor(copying: values, shape: shape, type: .float32, device: device)
      if channelsLast, shape.count == 4 { leaf = try leaf.channelsLast() }
      if precision == .float64 { leaf = try leaf.to(.float64, on: device) }
      try leaf.setRequiresGradient()
      leaves.append(leaf)
    }
    self.leaves = leaves
    indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }

  /// Photographs to paintings: [N, 3, H, W] in 0…1 to [N, 3, H, W], f32 (or f64), about 0…1 and not clamped.
  func forward(_ photographs: Tensor) throws(TorchError) -> Tensor {
    try forwardWithFeatures(photographs).painting
  }

  /// Photographs to paintings, and what leaves the last residual block, [N, C, h, w] in the precision of computing (the photographs for a network
  /// that has no such block, or that fused passes compute).
  func forwardWithFeatures(_ photographs: Tensor) throws(TorchError) -> (painting: Tensor, features: Tensor) {
    if let fused {
      let painting = try fused.run(
        photographs, bytes: false,
        weight: { (name, form) throws(TorchError) in
          try FusedNetwork.form(leaf(name + ".weight"), form).to(precision, on: device).channelsLast()
        }, parameter: leaf)  // [N, 3, H, W]
      return (painting, photographs)
    }
    var x = photographs
    if architecture.input.scale != 1 { x = try x.scaled(by: Double(architecture.input.scale)) }  // [N, 3, H, W]
    if channelsLast { x = try x.channelsLast() }
    if precision != .float32 { x = try x.to(precision, on: device) }
    let middle = (architecture.layers.lastIndex { if case .residual = $0 { true } else { false } } ?? -1) + 1
    x = try apply(architecture.layers[..<middle], to: x)  // [N, C, h, w]
    let features = x
    x = try apply(architecture.layers[middle...], to: x)  // [N, 3, H, W]
    if precision == .bfloat16 { x = try x.to(.float32, on: device) }
    if architecture.output.scale != 1 { x = try x.scaled(by: 1 / Double(architecture.output.scale)) }
    return (x, features)
  }

  /// The parameters as they are now.
  func network() throws -> StyleNetwork {
    var weights: [String: WeightTensor] = [:]
    for (name, shape) in architecture.parameterShapes {
      weights[name] = try WeightTensor(floats: try values(name), shape: shape)
    }
    return try StyleNetwork(architecture: architecture, weights: weights)
  }

  /// One parameter's values, row-major.
  func values(_ name: String) throws(TorchError) -> [Float] {
    try leaf(name).detached().to(.float32).floats()
  }

  private func apply(_ layers: some Sequence<Layer>, to input: Tensor) throws(TorchError) -> Tensor {
    var x = input
    for layer in layers {
      switch layer {
      case .convolution(let name, _, _, _, let stride, let padding, let groups, let dilation):
        if padding > 0 { x = try x.reflectionPadded(padding) }  // [N, C, H + 2p, W + 2p]
        x = try x.convolved(
          weight: weight(name), bias: bias(name), stride: stride, groups: groups, dilation: dilation)  // [N, C', H', W']
      case .transposedConvolution(let name, _, _, _, let stride, let padding, let outputPadding):
        x = try x.transposeConvolved(
          weight: weight(name), bias: bias(name), stride: stride, padding: padding,
          outputPadding: outputPadding)  // [N, C', sH, sW]
      case .resizeConvolution(let name, let input, let output):
        x = try x.reflectionPadded(1)  // [N, C, H + 2, W + 2]
        x = try x.convolved(weight: merged(name, input, output), bias: spread(name, output))  // [N, 4C', H, W]
        x = try x.pixelShuffled(by: 2)  // [N, C', 2H, 2W]
      case .instanceNorm(let name, _, let epsilon):
        let channels = try x.shape()[1]
        if fusesNorms && channels % 8 == 0 {
          x = try x.channelsLast().fusedNorm(
            weight: leaf(name + ".weight"), bias: leaf(name + ".bias"), epsilon: epsilon, relu: false, padding: 0)
        } else {
          x = try x.instanceNormalized(
            weight: leaf(name + ".weight"), bias: leaf(name + ".bias"), epsilon: epsilon)  // [N, C, H, W]
        }
      case .relu: x = try x.relu()  // [N, C, H, W]
      case .sigmoid: x = try x.sigmoid()  // [N, C, H, W]
      case .residual(let branch): x = try apply(branch, to: x).plus(x)  // [N, C, H, W]
      case .upsample(let factor): x = try x.upsampled(by: factor)  // [N, C, fH, fW]
      case .unshuffle(let factor): x = try x.pixelUnshuffled(by: factor)  // [N, f²C, H/f, W/f]
      case .shuffle(let factor): x = try x.pixelShuffled(by: factor)  // [N, C/f², fH, fW]
      }
    }
    return x
  }

  /// A resize-convolution's weight for the convolution before the shuffle; see `ResizeConvolution`.
  private func merged(_ name: String, _ input: Int, _ output: Int) throws(TorchError) -> Tensor {
    let weight = try leaf(name + ".weight")
    let kernels = try weight.reshaped([output * input, 9]).matrixProduct(phases)  // [C'C, 36]
    let merged = try kernels.reshaped([output, input, 4, 9]).permuted([0, 2, 1, 3])  // [C', 4, C, 9]
    return try rounded(merged.reshaped([output * 4, input, 3, 3]))
  }

  private func spread(_ name: String, _ output: Int) throws(TorchError) -> Tensor {
    let bias = try leaf(name + ".bias").reshaped([output, 1])
    return try rounded(bias.plus(zeros).reshaped([output * 4]))
  }

  private func weight(_ name: String) throws(TorchError) -> Tensor { try rounded(leaf(name + ".weight")) }
  private func bias(_ name: String) throws(TorchError) -> Tensor { try rounded(leaf(name + ".bias")) }

  private func rounded(_ leaf: Tensor) throws(TorchError) -> Tensor {
    precision != .bfloat16 ? leaf : try leaf.to(precision, on: device)
  }

  private func leaf(_ name: String) throws(TorchError) -> Tensor {
    guard let index = indices[name] else { throw TorchError.failed(call: "parameter", reason: "\(name) is missing") }
    return leaves[index]
  }
}
