extension Layer {
  /// The layer itself, or what a residual holds, however deep.
  var flattened: [Layer] {
    if case .residual(let layers) = self { layers.flatMap(\.flattened) } else { [self] }
  }

  /// The name under which the layer's parameters are stored.
  var name: String? {
    switch self {
    case .convolution(let name, _, _, _, _, _, _, _), .transposedConvolution(let name, _, _, _, _, _, _),
      .resizeConvolution(let name, _, _), .instanceNorm(let name, _, _):
      name
    case .relu, .sigmoid, .residual, .upsample, .unshuffle, .shuffle: nil
    }
  }

  /// The parameters of this layer alone.
  var parameterShapes: [(name: String, shape: [Int])] {
    switch self {
    case .convolution(let name, let input, let output, let kernel, _, _, let groups, _):
      [("\(name).weight", [output, input / max(1, groups), kernel, kernel]), ("\(name).bias", [output])]
    case .transposedConvolution(let name, let input, let output, let kernel, _, _, _):
      [("\(name).weight", [input, output, kernel, kernel]), ("\(name).bias", [output])]
    case .resizeConvolution(let name, let input, let output):
      [("\(name).weight", [output, input, 3, 3]), ("\(name).bias", [output])]
    case .instanceNorm(let name, let channels, _):
      [("\(name).weight", [channels]), ("\(name).bias", [channels])]
    case .relu, .sigmoid, .residual, .upsample, .unshuffle, .shuffle: []
    }
  }

  /// Changes how many input pixels a feature pixel spans.
  func rescale(_ scale: inout Ratio) {
    switch self {
    case .convolution(_, _, _, _, let stride, _, _, _): scale.scale(up: stride)
    case .transposedConvolution(_, _, _, _, let stride, _, _): scale.scale(down: stride)
    case .resizeConvolution: scale.scale(down: 2)
    case .upsample(let factor), .shuffle(let factor): scale.scale(down: factor)
    case .unshuffle(let factor): scale.scale(up: factor)
    case .instanceNorm, .relu, .sigmoid, .residual: break
    }
  }

  /// The height or width after this layer, from that before it.
  func outputSide(_ side: Int) -> Int {
    switch self {
    case .convolution(_, _, _, let kernel, let stride, let padding, _, let dilation):
      (max(0, side.plus(padding.times(2)).plus(Layer.span(kernel, dilation).times(-1))) / max(1, stride)).plus(1)
    case .transposedConvolution(_, _, _, let kernel, let stride, let padding, let outputPadding):
      side.plus(-1).times(stride).plus(padding.times(-2)).plus(kernel).plus(outputPadding)
    case .resizeConvolution: side.times(2)
    case .upsample(let factor), .shuffle(let factor): side.times(factor)
    case .unshuffle(let factor): side.plus(factor.plus(-1)) / max(1, factor)
    case .residual(let layers): layers.reduce(side) { $1.outputSide($0) }
    case .instanceNorm, .relu, .sigmoid: side
    }
  }

  /// The pixels from a kernel's first tap to its last, both counted.
  static func span(_ kernel: Int, _ dilation: Int) -> Int { kernel.plus(-1).times(dilation).plus(1) }

  /// The number of channels after this layer, from that before it.
  func outputChannels(of channels: Double) -> Double {
    switch self {
    case .convolution(_, _, let output, _, _, _, _, _), .transposedConvolution(_, _, let output, _, _, _, _),
      .resizeConvolution(_, _, let output):
      Double(output)
    case .unshuffle(let factor): channels * Double(factor) * Double(factor)
    case .shuffle(let factor): channels / Double(max(1, factor)) / Double(max(1, factor))
    case .instanceNorm, .relu, .sigmoid, .residual, .upsample: channels
    }
  }
}
