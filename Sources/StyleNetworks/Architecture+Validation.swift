extension Architecture {
  /// The limits within which a description from an untrusted file must stay.
  private enum Limit {
    static let layers = 1000
    static let depth = 8
    static let parameters = 500_000_000
    static let scale = 256
    static let nameLength = 200
  }

  /// Checks that this describes a network that every engine can build: RGB to RGB of the same size, each layer taking what the one before
  /// gives, unique names, sizes within bounds (channels 1…4096, kernels 1…31, strides 1…4, dilations 1…8, factors 2…8, residuals 8 deep, 1000 layers,
  /// 500 million parameters).
  ///
  /// - Throws: `StyleNetworkError.invalidArchitecture`, naming the layer.
  public func validate() throws(StyleNetworkError) {
    guard Self.isName(family, extra: "-") else {
      throw .invalidArchitecture(layer: nil, reason: "the family's name may hold only letters, digits, '_', '.' and '-'")
    }
    var walk = Walk()
    try walk.run(layers, depth: 0)
    guard walk.channels == 3 else {
      throw .invalidArchitecture(layer: nil, reason: "the last layer gives \(walk.channels) channels instead of 3")
    }
    guard walk.scale == Ratio() else {
      throw .invalidArchitecture(
        layer: nil,
        reason: "the output is \(walk.scale.denominator)/\(walk.scale.numerator) of the input's size; both must be equal")
    }
    guard !walk.names.isEmpty else { throw .invalidArchitecture(layer: nil, reason: "it has no convolution") }
    guard parameterCount <= Limit.parameters else {
      throw .invalidArchitecture(
        layer: nil, reason: "it has \(parameterCount) parameters; at most \(Limit.parameters) are allowed")
    }
  }

  static func isName(_ name: String, extra: String = "") -> Bool {
    !name.isEmpty && name.utf8.count <= Limit.nameLength
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: extra.utf8.contains(byte)
        }
      }
  }

  /// What is known on the way through the layers.
  private struct Walk {
    var channels = 3
    var scale = Ratio()
    var names: Set<String> = []
    var count = 0

    mutating func run(_ layers: [Layer], depth: Int) throws(StyleNetworkError) {
      for layer in layers {
        count += 1
        let label = layer.name ?? "\(count)"
        guard count <= Limit.layers else {
          throw .invalidArchitecture(layer: nil, reason: "it has more than \(Limit.layers) layers")
        }
        if let name = layer.name { try checkName(name) }
        if let reason = problem(of: layer) { throw .invalidArchitecture(layer: label, reason: reason) }
        if case .residual(let inner) = layer {
          try runResidual(inner, label: label, depth: depth + 1)
          continue
        }
        layer.rescale(&scale)
        channels = Int(layer.outputChannels(of: Double(channels)))
        guard (1...4096).contains(channels) else {
          throw .invalidArchitecture(layer: label, reason: "it gives \(channels) channels; 1 to 4096 are allowed")
        }
        guard max(scale.numerator, scale.denominator) <= Limit.scale else {
          throw .invalidArchitecture(layer: label, reason: "it changes the resolution more than \(Limit.scale)-fold")
        }
      }
    }

    private mutating func runResidual(_ inner: [Layer], label: String, depth: Int) throws(StyleNetworkError) {
      guard depth <= Limit.depth else {
        throw .invalidArchitecture(layer: label, reason: "residuals nest deeper than \(Limit.depth)")
      }
      guard !inner.isEmpty else { throw .invalidArchitecture(layer: label, reason: "the residual is empty") }
      let (entering, resolution) = (channels, scale)
      // Down and up again inside would give another size than the sum's other side wherever a side is not a multiple.
      let resizes = inner.flatMap(\.flattened).contains { layer in
        var probe = Ratio()
        layer.rescale(&probe)
        return probe != Ratio()
      }
      guard !resizes else {
        throw .invalidArchitecture(layer: label, reason: "a residual must not change the resolution inside")
      }
      try run(inner, depth: depth)
      guard channels == entering, scale == resolution else {
        throw .invalidArchitecture(
          layer: label, reason: "the residual takes \(entering) channels and gives \(channels); they are to be added")
      }
    }

    private mutating func checkName(_ name: String) throws(StyleNetworkError) {
      guard Architecture.isName(name) else {
        throw .invalidArchitecture(
          layer: name.isEmpty ? "''" : name,
          reason: "a name has 1 to \(Limit.nameLength) characters out of letters, digits, '_' and '.'")
      }
      guard names.insert(name).inserted else {
        throw .invalidArchitecture(layer: name, reason: "another layer has this name")
      }
    }

    /// Why a layer cannot stand where it stands, or nil.
    private func problem(of layer: Layer) -> String? {
      switch layer {
      case .convolution(_, let input, let output, let kernel, let stride, let padding, let groups, let dilation):
        if let reason = boundsProblem(
          input: input, output: output, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        {
          return reason
        }
        let span = Layer.span(kernel, dilation)
        guard (1...4096).contains(groups), input % groups == 0, output % groups == 0 else {
          return "\(groups) groups do not divide \(input) and \(output) channels"
        }
        // Exactly these paddings turn n x stride pixels into n.
        guard (span - stride...span - 1).contains(2 * padding) else {
          let gaps = dilation == 1 ? "" : ", dilation \(dilation)"
          return "a \(kernel)x\(kernel) kernel with stride \(stride)\(gaps) and padding \(padding) crops or grows the picture"
        }
        return nil
      case .transposedConvolution(_, let input, let output, let kernel, let stride, let padding, let outputPadding):
        if let reason = boundsProblem(input: input, output: output, kernel: kernel, stride: stride, padding: padding) {
          return reason
        }
        guard (0..<stride).contains(outputPadding) else { return "the output padding must be 0 to \(stride - 1)" }
        guard kernel - 2 * padding + outputPadding == stride else {
          return "a \(kernel)x\(kernel) kernel with stride \(stride), padding \(padding) and output padding \(outputPadding)"
            + " does not multiply the size by \(stride)"
        }
        return nil
      case .resizeConvolution(_, let input, let output):
        return boundsProblem(input: input, output: output, kernel: 3, stride: 2, padding: 1)
      case .instanceNorm(_, let width, let epsilon):
        guard width == channels else { return "it takes \(width) channels but gets \(channels)" }
        return epsilon > 0 && epsilon <= 1 ? nil : "epsilon must be above 0 and at most 1"
      case .upsample(let factor), .unshuffle(let factor):
        return (2...8).contains(factor) ? nil : "the factor must be 2 to 8"
      case .shuffle(let factor):
        guard (2...8).contains(factor) else { return "the factor must be 2 to 8" }
        return channels % (factor * factor) == 0 ? nil : "\(channels) channels cannot be shuffled by \(factor)"
      case .relu, .sigmoid, .residual: return nil
      }
    }

    private func boundsProblem(
      input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int = 1
    ) -> String? {
      guard input == channels else { return "it takes \(input) channels but gets \(channels)" }
      guard (1...4096).contains(output) else { return "it gives \(output) channels; 1 to 4096 are allowed" }
      guard (1...31).contains(kernel) else { return "the kernel is \(kernel) wide; 1 to 31 are allowed" }
      guard (1...4).contains(stride) else { return "the stride is \(stride); 1 to 4 are allowed" }
      guard (1...8).contains(dilation) else { return "the dilation is \(dilation); 1 to 8 are allowed" }
      let span = Layer.span(kernel, dilation)
      guard (0...span).contains(padding) else { return "the padding is \(padding); 0 to \(span) are allowed" }
      return nil
    }
  }
}
