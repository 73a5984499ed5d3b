extension StyleNetwork {
  /// The network as an ONNX model: opset 17, IR version 8, weights inside in f32. The input is `photograph`, the output `painting`.
  ///
  /// Height and width must be multiples of `architecture.multiple`, as for every engine.
  ///
  /// - Parameters:
  ///   - form: what it looks like from outside.
  ///   - metadata: carried in the model's properties.
  /// - Throws: `StyleNetworkError.invalidArchitecture` where the form asks for what the network cannot give.
  public func onnx(_ form: ONNXForm = ONNXForm(), metadata: [String: String] = [:]) throws(StyleNetworkError) -> [UInt8] {
    var builder = ONNXBuilder(form: form, weights: try mergingResizeConvolutions())
    return try builder.model(architecture, metadata: metadata)
  }
}

/// Goes through a network's layers and adds the nodes for each.
private struct ONNXBuilder {
  let form: ONNXForm
  let weights: [String: WeightTensor]
  var graph = ONNXGraph(name: "style")
  /// Normalisations met so far.
  var norms = 0
  /// The width of the features here, where the size is known.
  var width = 0
  /// What the sides of the features here are multiples of.
  var multiple = 1
  /// The order in which the next convolution finds its input channels, where it is not PyTorch's.
  var order: [Int]?

  init(form: ONNXForm, weights: [String: WeightTensor]) {
    self.form = form
    self.weights = weights
  }

  mutating func model(_ architecture: Architecture, metadata: [String: String]) throws(StyleNetworkError) -> [UInt8] {
    if case .pooled = form.norms, form.size == nil {
      throw .invalidArchitecture(layer: nil, reason: "statistics of several pictures need a known size")
    }
    width = form.size?.width ?? 0
    multiple = architecture.multiple
    var x = enter(architecture.input)
    x = try add(architecture.layers, to: x)
    leave(x, architecture.output)
    return graph.model(opset: 17, producer: "ClipMorph", metadata: metadata)
  }

  // MARK: Ends

  private var height: ONNXGraph.Dimension { form.size.map { .size($0.height) } ?? .named("height") }
  private var across: ONNXGraph.Dimension { form.size.map { .size($0.width) } ?? .named("width") }
  private var batch: ONNXGraph.Dimension { form.size.map { .size($0.batch) } ?? .named("batch") }

  private mutating func enter(_ range: PixelRange) -> ONNXGraph.Value {
    switch form.ends {
    case .planes:
      let x = graph.input("photograph", .float, [batch, .size(3), height, across])
      return scaled(x, by: range.scale)
    case .pixels(let bits):
      let x = graph.input("photograph", bits == 8 ? .uint8 : .uint16, [batch, height, across, .size(3)])
      let numbers = graph.node("Cast", [x], ["to": .integer(ONNXGraph.ElementType.float.rawValue)])
      let planes = graph.node("Transpose", [numbers], ["perm": .integers([0, 3, 1, 2])])
      return scaled(planes, by: range.scale / Float(bits == 8 ? 255 : 65535))
    }
  }

  private mutating func leave(_ x: ONNXGraph.Value, _ range: PixelRange) {
    switch form.ends {
    case .planes(let clamped):
      var y = scaled(x, by: 1 / range.scale)
      if clamped { y = graph.node("Clip", [y, graph.scalar(0), graph.scalar(1)]) }
      graph.output(y, as: "painting", .float, [batch, .size(3), height, across])
    case .pixels(let bits):
      let top: Float = bits == 8 ? 255 : 65535
      let type: ONNXGraph.ElementType = bits == 8 ? .uint8 : .uint16
      var y = scaled(x, by: top / range.scale)
      y = graph.node("Clip", [y, graph.scalar(0), graph.scalar(top)])
      y = graph.node("Round", [y])
      y = graph.node("Transpose", [y], ["perm": .integers([0, 2, 3, 1])])
      y = graph.node("Cast", [y], ["to": .integer(type.rawValue)])
      graph.output(y, as: "painting", type, [batch, height, across, .size(3)])
    }
  }

  private mutating func scaled(_ x: ONNXGraph.Value, by factor: Float) -> ONNXGraph.Value {
    factor == 1 ? x : graph.node("Mul", [x, graph.scalar(factor)])
  }

  // MARK: Layers

  private mutating func add(_ layers: [Layer], to input: ONNXGraph.Value) throws(StyleNetworkError) -> ONNXGraph.Value {
    var x = input
    for (index, layer) in layers.enumerated() {
      switch layer {
      case .convolution(let name, _, _, let kernel, let stride, let padding, let groups, let dilation):
        let inPhases = paintsInPhases(layer)
        x = padded(x, padding)
        if inPhases, let weight = weights[name + ".weight"], let bias = weights[name + ".bias"] {
          x = phasedConvolution(x, weight: weight, bias: bias, name: name, kernel: kernel)
        } else {
          x = convolution(
            x, weight: reordered(name), name: name, kernel: kernel, stride: stride, groups: groups, dilation: dilation)
        }
      case .transposedConvolution(let name, _, _, let kernel, let stride, let padding, let outputPadding):
        x = graph.node(
          "ConvTranspose", [x, parameter(name + ".weight"), parameter(name + ".bias")],
          [
            "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]),
            "pads": .integers([padding, padding, padding, padding]),
            "output_padding": .integers([outputPadding, outputPadding]),
          ])
      case .resizeConvolution(let name, _, _):
        x = convolution(padded(x, 1), weight: parameter(name + ".weight"), name: name, kernel: 3, stride: 1, groups: 1)
        x = shuffled(x, 2)
      case .instanceNorm(let name, let channels, let epsilon):
        x = try normalized(x, name: name, channels: channels, epsilon: epsilon)
      case .relu: x = graph.node("Relu", [x])
      case .sigmoid: x = graph.node("Sigmoid", [x])
      case .residual(let branch): x = graph.node("Add", [try add(branch, to: x), x])
      case .upsample(let factor):
        let scale = Float(factor)
        let scales = graph.constant("scales_\(factor)", floats: [1, 1, scale, scale], shape: [4])
        x = graph.node(
          "Resize", [x, ONNXGraph.Value(name: ""), scales],
          [
            "mode": .string("nearest"), "coordinate_transformation_mode": .string("asymmetric"), "nearest_mode": .string("floor"),
          ])
      case .unshuffle(let factor):
        x = unshuffled(x, factor, channels: channels(before: index, in: layers), next: layers.dropFirst(index + 1).first)
      case .shuffle(let factor): x = shuffled(x, factor)
      }
      if case .residual = layer { continue }
      width = layer.outputSide(width)
      multiple = layer.outputSide(multiple)
    }
    return x
  }

  /// Rows and columns added by reflection.
  private mutating func padded(_ x: ONNXGraph.Value, _ padding: Int) -> ONNXGraph.Value {
    guard padding > 0 else { return x }
    let pads = graph.constant("pads_\(padding)", integers: [0, 0, padding, padding, 0, 0, padding, padding])
    return graph.node("Pad", [x, pads], ["mode": .string("reflect")])
  }

  private mutating func convolution(
    _ x: ONNXGraph.Value, weight: ONNXGraph.Value, name: String, kernel: Int, stride: Int, groups: Int, dilation: Int = 1
  ) -> ONNXGraph.Value {
    graph.node(
      "Conv", [x, weight, parameter(name + ".bias")],
      [
        "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]), "pads": .integers([0, 0, 0, 0]),
        "dilations": .integers([dilation, dilation]), "group": .integer(groups),
      ])
  }

  /// Whether a layer is a large kernel with a few output channels on sides that are even. A processor computes sixteen channels at once; such a layer, at
  /// full resolution the costliest of all, leaves most of them empty.
  private func paintsInPhases(_ layer: Layer) -> Bool {
    guard case .pixels = form.ends, case .convolution(_, _, let output, let kernel, 1, let padding, 1, 1) = layer else {
      return false
    }
    return output <= 4 && kernel >= 5 && kernel == 2 * padding + 1 && multiple.isMultiple(of: 2)
  }

  /// The same numbers by a convolution with stride 2 that has the four pixels of a cell as four channels, and a shuffle; see `PhasedConvolution`.
  private mutating func phasedConvolution(
    _ x: ONNXGraph.Value, weight: WeightTensor, bias: WeightTensor, name: String, kernel: Int
  ) -> ONNXGraph.Value {
    let (output, input) = (weight.shape[0], weight.shape[1])
    let phased = PhasedConvolution.phased(weight: weight.floats(), input: input, kernel: kernel)
    let y = graph.node(
      "Conv",
      [
        x, graph.constant(name + ".weight.phases", floats: phased, shape: [output * 4, input, kernel + 1, kernel + 1]),
        graph.constant(
          name + ".bias.phases", floats: bias.floats().flatMap { [Float](repeating: $0, count: 4) }, shape: [output * 4]),
      ],
      [
        "kernel_shape": .integers([kernel + 1, kernel + 1]), "strides": .integers([2, 2]), "pads": .integers([0, 0, 0, 0]),
        "group": .integer(1),
      ])
    return shuffled(y, 2)
  }

  /// Depth to space in PyTorch's order, which ONNX calls CRD.
  private mutating func shuffled(_ x: ONNXGraph.Value, _ factor: Int) -> ONNXGraph.Value {
    graph.node("DepthToSpace", [x], ["blocksize": .integer(factor), "mode": .string("CRD")])
  }

  /// Space to depth. ONNX puts the position in the cell before the channel, PyTorch after it: the convolution that follows takes its weights in
  /// ONNX's order, or, where none does, the channels are put in PyTorch's.
  private mutating func unshuffled(_ x: ONNXGraph.Value, _ factor: Int, channels: Int, next: Layer?) -> ONNXGraph.Value {
    let y = graph.node("SpaceToDepth", [x], ["blocksize": .integer(factor)])
    let cell = factor * factor
    if case .convolution(_, _, _, _, _, _, 1, _)? = next {
      order = (0..<channels * cell).map { $0 % channels * cell + $0 / channels }
      return y
    }
    let indices = (0..<channels * cell).map { $0 % cell * channels + $0 / cell }
    return graph.node("Gather", [y, graph.constant("unshuffle_\(factor)_\(channels)", integers: indices)], ["axis": .integer(1)])
  }

  /// The channels that layer `index` gets; an unshuffle stands where every layer before it is known.
  private func channels(before index: Int, in layers: [Layer]) -> Int {
    Int(layers[..<index].flatMap(\.flattened).reduce(3) { $1.outputChannels(of: $0) })
  }

  // MARK: Normalisation

  private mutating func normalized(
    _ x: ONNXGraph.Value, name: String, channels: Int, epsilon: Double
  ) throws(StyleNetworkError) -> ONNXGraph.Value {
    defer { norms += 1 }
    let scale = weights[name + ".weight"]?.floats() ?? []
    let shift = weights[name + ".bias"]?.floats() ?? []
    switch form.norms {
    case .own:
      return graph.node(
        "InstanceNormalization", [x, parameter(name + ".weight"), parameter(name + ".bias")], ["epsilon": .float(Float(epsilon))])
    case .fixed(let layers):
      guard norms < layers.count, layers[norms].mean.count == channels, layers[norms].variance.count == channels else {
        throw .invalidArchitecture(layer: name, reason: "the statistics given do not fit it")
      }
      let factors = (0..<channels).map { scale[$0] / (layers[norms].variance[$0] + Float(epsilon)).squareRoot() }
      let offsets = (0..<channels).map { shift[$0] - layers[norms].mean[$0] * factors[$0] }
      return affine(x, name, factors, offsets)
    case .pooled(let margin):
      // The margin is as much narrower here as the layer's picture is.
      let here = margin * width / max(1, form.size?.width ?? 1)
      var core = x
      if here > 0 {
        core = graph.node(
          "Slice",
          [
            x, graph.constant("start_\(here)", integers: [here, here]), graph.constant("end_\(here)", integers: [-here, -here]),
            graph.constant("plane_axes", integers: [2, 3]),
          ])
      }
      let mean = graph.node("ReduceMean", [core], ["axes": .integers([0, 2, 3]), "keepdims": .integer(1)])
      let spread = graph.node("Sub", [core, mean])
      let variance = graph.node(
        "ReduceMean", [graph.node("Mul", [spread, spread])], ["axes": .integers([0, 2, 3]), "keepdims": .integer(1)])
      for (value, kind) in [(mean, "mean"), (variance, "variance")] {
        let flat = graph.node("Reshape", [value, graph.constant("flat", integers: [-1])])
        graph.output(flat, as: "\(kind).\(norms)", .float, [.size(channels)])
      }
      let deviation = graph.node("Sqrt", [graph.node("Add", [variance, graph.scalar(Float(epsilon))])])
      let y = graph.node("Div", [graph.node("Sub", [x, mean]), deviation])
      return affine(y, name, scale, shift)
    }
  }

  private mutating func affine(_ x: ONNXGraph.Value, _ name: String, _ factors: [Float], _ offsets: [Float]) -> ONNXGraph.Value {
    let shape = [1, factors.count, 1, 1]
    let y = graph.node("Mul", [x, graph.constant(name + ".factor", floats: factors, shape: shape)])
    return graph.node("Add", [y, graph.constant(name + ".offset", floats: offsets, shape: shape)])
  }

  // MARK: Parameters

  private mutating func parameter(_ name: String) -> ONNXGraph.Value {
    let tensor = weights[name]
    return graph.constant(name, floats: tensor?.floats() ?? [], shape: tensor?.shape ?? [])
  }

  /// A convolution's weight with its input channels in the order in which they come.
  private mutating func reordered(_ name: String) -> ONNXGraph.Value {
    guard let order, let tensor = weights[name + ".weight"], tensor.shape.count == 4, tensor.shape[1] == order.count else {
      return parameter(name + ".weight")
    }
    self.order = nil
    let values = tensor.floats()
    let (inputs, kernel) = (tensor.shape[1], tensor.shape[2] * tensor.shape[3])
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for output in 0..<tensor.shape[0] {
      for input in order {
        let start = (output * inputs + input) * kernel
        result += values[start..<start + kernel]
      }
    }
    return graph.constant(name + ".weight", floats: result, shape: tensor.shape)
  }
}
