internal import Engine
internal import Imaging
internal import StyleNetworks
internal import Torch
internal import TorchPasses

/// A network built in LibTorch: the layers of the description, each with its parameters on the device.
struct TorchNetwork: NetworkRunner {
  let architecture: Architecture
  let device: Device
  let precision: DType
  private let parameters: [String: Tensor]
  /// The same network on a GPU, one size after the other recorded and replayed; nil where layers do it.
  private let recorded: RecordedNetwork?
  let concurrency: Int

  init(_ network: StyleNetwork, device: Device, precision: DType) throws(TorchError) {
    architecture = network.architecture
    self.device = device
    self.precision = precision
    var parameters: [String: Tensor] = [:]
    let norms = network.architecture.layers.flatMap(\.normNames)
    let weights: [String: WeightTensor]
    do { weights = try network.mergingResizeConvolutions() } catch {
      throw TorchError.failed(call: "parameter", reason: error.description)
    }
    for (name, weight) in weights {
      // Normalisation keeps its scale and shift in f32: LibTorch mixes them with half precision activations.
      let type: DType = norms.contains { name.hasPrefix($0 + ".") } ? .float32 : precision
      parameters[name] = try Tensor(copying: weight.floats(), shape: weight.shape, type: .float32).to(type, on: device)
    }
    self.parameters = parameters
    recorded = try RecordedNetwork(architecture, weights: weights, device: device, precision: precision)
    // Pictures on their way to and from a GPU leave it idle for others.
    concurrency = recorded == nil ? 1 : 3
  }

  func forward(_ batch: Batch) throws -> Batch {
    try engineErrors { () throws(TorchError) in
      let input = try Tensor(copying: batch.values, shape: batch.shape, type: .float32, device: device)
      var norms = Norms.own
      let output = try run(input, norms: &norms).to(.float32)
      return Batch(shape: try output.shape(), values: try output.floats())
    }
  }

  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) throws -> ImageBuffer {
    try engineErrors { () throws(TorchError) in
      if statistics == nil, let painted = try recorded?.stylize(image) { return painted }
      var norms = Norms.own
      if let statistics { norms = try Norms(fixed: statistics, device: device) }
      return try picture(run(tensor(image), norms: &norms), depth: image.depth)
    }
  }

  var takesPlanes: Bool { recorded != nil }

  func stylize(_ image: PlanarImage) throws -> PlanarImage? {
    try engineErrors { () throws(TorchError) in try recorded?.stylize(image) }
  }

  func deviceSeconds(width: Int, height: Int, repetitions: Int) throws -> Double? {
    try engineErrors { () throws(TorchError) in
      try recorded?.secondsPerRun(width: width, height: height, repetitions: repetitions)
    }
  }

  func statistics(of patches: [ImageBuffer], margin: Int) throws -> NormStatistics {
    guard let width = patches.first?.width, patches.allSatisfy({ min($0.width, $0.height) > 2 * margin }) else {
      throw EngineError.failed(
        engine: TorchEngine.name, reason: "there is nothing to take statistics of inside a margin of \(margin)")
    }
    return try engineErrors { () throws(TorchError) in
      var norms = Norms.pooled([], margin: margin, width: width)
      var inputs: [Tensor] = []
      for patch in patches { inputs.append(try tensor(patch)) }
      let batch = inputs.count == 1 ? inputs[0] : try Tensor.cat(inputs, dimension: 0)
      inputs = []
      _ = try run(batch, norms: &norms)
      return try norms.collected()
    }
  }

  /// [N, 3, H, W] in 0…1 to the same, f32 or the network's precision.
  private func run(_ input: Tensor, norms: inout Norms) throws(TorchError) -> Tensor {
    var x = try input.to(precision, on: device)
    if architecture.input.scale != 1 { try x.scaleInPlace(by: Double(architecture.input.scale)) }
    x = try apply(architecture.layers, to: consume x, norms: &norms)
    if architecture.output.scale != 1 { try x.scaleInPlace(by: 1 / Double(architecture.output.scale)) }
    return x
  }

  /// Applies layers in order. `x` is replaced as it goes, so that no more than one layer's input and output are alive.
  private func apply(_ layers: [Layer], to input: consuming Tensor, norms: inout Norms) throws(TorchError) -> Tensor {
    var x = input
    // An in-place layer must not change a tensor that a residual branch still needs.
    var owned = false
    // Whether the layer before has done this one's ReLU.
    var applied = false
    for (index, layer) in layers.enumerated() {
      if applied, case .relu = layer {
        applied = false
        continue
      }
      applied = false
      switch layer {
      case .convolution(let name, _, _, _, let stride, let padding, let groups, let dilation):
        if padding > 0 { x = try x.reflectionPadded(padding) }  // [N, C, H + 2p, W + 2p]
        x = try x.convolved(
          weight: parameter(name + ".weight"), bias: parameter(name + ".bias"), stride: stride,
          groups: groups, dilation: dilation)  // [N, C', H', W']
      case .transposedConvolution(let name, _, _, _, let stride, let padding, let outputPadding):
        x = try x.transposeConvolved(
          weight: parameter(name + ".weight"), bias: parameter(name + ".bias"), stride: stride, padding: padding,
          outputPadding: outputPadding)  // [N, C', sH, sW]
      case .resizeConvolution(let name, _, _):
        x = try x.reflectionPadded(1)  // [N, C, H + 2, W + 2]
        x = try x.convolved(weight: parameter(name + ".weight"), bias: parameter(name + ".bias"))  // [N, 4C', H, W]
        x = try x.pixelShuffled(by: 2)  // [N, C', 2H, 2W]
      case .instanceNorm(let name, _, let epsilon):
        if !owned { x = try x.copied() }
        // Normalisation and the ReLU after it go over the memory once.
        if index + 1 < layers.count, case .relu = layers[index + 1] { applied = true }
        x = try norms.apply(
          to: x, weight: parameter(name + ".weight"), bias: parameter(name + ".bias"), epsilon: epsilon,
          relu: applied)  // [N, C, H, W]
      case .relu:
        if !owned { x = try x.copied() }
        try x.reluInPlace()
      case .sigmoid:
        if !owned { x = try x.copied() }
        try x.sigmoidInPlace()
      case .residual(let branch):
        let y = try apply(branch, to: x, norms: &norms)  // [N, C, H, W]
        if branch.isEmpty {
          x = try x.copied()
        } else {
          try y.addInPlace(x)
          x = y
        }
      case .upsample(let factor):
        x = try x.upsampled(by: factor)  // [N, C, fH, fW]
      case .unshuffle(let factor):
        x = try x.pixelUnshuffled(by: factor)  // [N, f²C, H/f, W/f]
      case .shuffle(let factor):
        x = try x.pixelShuffled(by: factor)  // [N, C/f², fH, fW]
      }
      owned = true
    }
    return x
  }

  private func parameter(_ name: String) throws(TorchError) -> Tensor {
    guard let tensor = parameters[name] else {
      throw TorchError.failed(call: "parameter", reason: "\(name) is missing")
    }
    return tensor
  }

  /// [1, 3, H, W] in 0…1, f32.
  private func tensor(_ image: ImageBuffer) throws(TorchError) -> Tensor {
    let pixels = try Tensor(
      copying: image.bytes, shape: [1, image.height, image.width, 3], type: image.depth == .eight ? .uint8 : .uint16,
      device: device)
    let planes = try pixels.to(.float32, on: device).permuted([0, 3, 1, 2])
    try planes.scaleInPlace(by: 1 / Double(image.depth.maximum))
    return planes
  }

  private func picture(_ output: consuming Tensor, depth: ImageBuffer.Depth) throws(TorchError) -> ImageBuffer {
    let scaled = try output.to(.float32, on: device)
    try scaled.scaleInPlace(by: Double(depth.maximum))
    try scaled.clampInPlace(0...Double(depth.maximum))
    try scaled.roundInPlace()
    let pixels = try scaled.to(depth == .eight ? .uint8 : .uint16, on: device).permuted([0, 2, 3, 1]).to(
      depth == .eight ? .uint8 : .uint16)
    let shape = try pixels.shape()
    var failure: TorchError?
    let image = ImageBuffer(width: shape[2], height: shape[1], depth: depth) { bytes in
      do throws(TorchError) { try pixels.copy(to: bytes) } catch { failure = error }
    }
    if let failure { throw failure }
    return image
  }
}

extension Layer {
  /// The normalisations in this layer.
  fileprivate var normNames: [String] {
    switch self {
    case .instanceNorm(let name, _, _): [name]
    case .residual(let layers): layers.flatMap(\.normNames)
    default: []
    }
  }
}
