/// In a style file a layer is an object with its `type`: `{"type": "relu"}`, `{"type": "residual", "layers": […]}`.
extension Layer {
  private enum Kind: String, Codable {
    case convolution, transposedConvolution, resizeConvolution, instanceNorm, relu, sigmoid, residual, upsample, unshuffle,
      shuffle
  }

  private enum Key: String, CodingKey {
    case type, name, input, output, kernel, stride, padding, groups, outputPadding, channels, epsilon, layers, factor, dilation
  }

  /// Reads a layer; residuals may nest 16 deep.
  public init(from decoder: any Decoder) throws {
    // Each nesting adds two keys. The bound keeps a hostile file from exhausting the stack; `validate()` is stricter.
    guard decoder.codingPath.count <= 40 else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "residuals nest too deep"))
    }
    let values = try decoder.container(keyedBy: Key.self)
    func integer(_ key: Key) throws -> Int { try values.decode(Int.self, forKey: key) }
    switch try values.decode(Kind.self, forKey: .type) {
    case .convolution:
      self = .convolution(
        name: try values.decode(String.self, forKey: .name), input: try integer(.input), output: try integer(.output),
        kernel: try integer(.kernel), stride: try integer(.stride), padding: try integer(.padding),
        groups: try integer(.groups), dilation: try values.decodeIfPresent(Int.self, forKey: .dilation) ?? 1)
    case .transposedConvolution:
      self = .transposedConvolution(
        name: try values.decode(String.self, forKey: .name), input: try integer(.input), output: try integer(.output),
        kernel: try integer(.kernel), stride: try integer(.stride), padding: try integer(.padding),
        outputPadding: try integer(.outputPadding))
    case .resizeConvolution:
      self = .resizeConvolution(
        name: try values.decode(String.self, forKey: .name), input: try integer(.input), output: try integer(.output))
    case .instanceNorm:
      self = .instanceNorm(
        name: try values.decode(String.self, forKey: .name), channels: try integer(.channels),
        epsilon: try values.decode(Double.self, forKey: .epsilon))
    case .relu: self = .relu
    case .sigmoid: self = .sigmoid
    case .residual: self = .residual(try values.decode([Layer].self, forKey: .layers))
    case .upsample: self = .upsample(factor: try integer(.factor))
    case .unshuffle: self = .unshuffle(factor: try integer(.factor))
    case .shuffle: self = .shuffle(factor: try integer(.factor))
    }
  }

  /// Writes the layer with its type.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    func put(_ kind: Kind, name: String? = nil, _ numbers: KeyValuePairs<Key, Int> = [:]) throws {
      try values.encode(kind, forKey: .type)
      try values.encodeIfPresent(name, forKey: .name)
      for (key, number) in numbers { try values.encode(number, forKey: key) }
    }
    switch self {
    case .convolution(let name, let input, let output, let kernel, let stride, let padding, let groups, let dilation):
      try put(
        .convolution, name: name,
        [
          .input: input, .output: output, .kernel: kernel, .stride: stride, .padding: padding, .groups: groups,
        ])
      // Left out where there is none, so that other networks' files stay readable by older programs.
      if dilation != 1 { try values.encode(dilation, forKey: .dilation) }
    case .transposedConvolution(let name, let input, let output, let kernel, let stride, let padding, let outputPadding):
      try put(
        .transposedConvolution, name: name,
        [
          .input: input, .output: output, .kernel: kernel, .stride: stride, .padding: padding,
          .outputPadding: outputPadding,
        ])
    case .resizeConvolution(let name, let input, let output):
      try put(.resizeConvolution, name: name, [.input: input, .output: output])
    case .instanceNorm(let name, let channels, let epsilon):
      try put(.instanceNorm, name: name, [.channels: channels])
      try values.encode(epsilon, forKey: .epsilon)
    case .relu: try put(.relu)
    case .sigmoid: try put(.sigmoid)
    case .residual(let layers):
      try put(.residual)
      try values.encode(layers, forKey: .layers)
    case .upsample(let factor): try put(.upsample, [.factor: factor])
    case .unshuffle(let factor): try put(.unshuffle, [.factor: factor])
    case .shuffle(let factor): try put(.shuffle, [.factor: factor])
    }
  }
}
