internal import StyleNetworks

extension StyleNetwork {
  /// A network before it has learnt anything, by PyTorch's default rules: convolution weights and biases uniform in ±1/√(fan-in) (He et al.
  /// 2015, `kaiming_uniform_` with a = √5), normalisation 1 and 0. The values are SplitMix64's, from the seed and each parameter's name.
  ///
  /// Without an activation at its end, the network starts near middle grey: the last convolution's weights are halved, and its biases 0.45 of
  /// the range.
  ///
  /// - Throws: `StyleNetworkError.invalidArchitecture`.
  static func untrained(_ architecture: Architecture, seed: UInt64) throws(StyleNetworkError) -> StyleNetwork {
    try architecture.validate()
    var open: String?
    switch architecture.layers.last {
    case .convolution(let name, _, _, _, _, _, _, _), .resizeConvolution(let name, _, _): open = name
    default: break
    }
    let shapes = architecture.parameterShapes
    var weights: [String: WeightTensor] = [:]
    for (index, parameter) in shapes.enumerated() {
      let (name, shape) = parameter
      let count = shape.reduce(1, *)
      let isBias = name.hasSuffix(".bias")
      // A bias follows its weight.
      let fan = (isBias && index > 0 ? shapes[index - 1].shape : shape).dropFirst()
      let values: [Float]
      if fan.isEmpty {
        values = [Float](repeating: isBias ? 0 : 1, count: count)
      } else if isBias, name.dropLast(".bias".count) == open ?? "" {
        values = [Float](repeating: 0.45 * architecture.output.scale, count: count)
      } else {
        let isLast = name.dropLast(".weight".count) == open ?? ""
        let bound = (isLast ? 0.5 * Double(architecture.output.scale) : 1) / Double(fan.reduce(1, *)).squareRoot()
        values = SeededValues.signed(count: count, seed: SeededValues.hash(name) &+ seed).map { Float($0 * bound) }
      }
      weights[name] = try WeightTensor(floats: values, shape: shape)
    }
    return try StyleNetwork(architecture: architecture, weights: weights)
  }

  /// The same network with RGB 0…1 at both ends, the factor 255 folded into the first and the last convolution; nil where these are not the
  /// first and last layers.
  func inUnitRange() throws(StyleNetworkError) -> StyleNetwork? {
    var unit = architecture
    unit.input = .unit
    unit.output = .unit
    guard unit != architecture else { return self }
    guard case .convolution(let first, _, _, _, _, _, _, _)? = architecture.layers.first,
      case .convolution(let last, _, _, _, _, _, _, _)? = architecture.layers.last
    else { return nil }
    var factors: [String: Float] = [:]
    factors[first + ".weight", default: 1] *= architecture.input.scale
    factors[last + ".weight", default: 1] /= architecture.output.scale
    factors[last + ".bias", default: 1] /= architecture.output.scale
    var folded = weights
    for (name, factor) in factors {
      guard let tensor = weights[name] else { continue }
      folded[name] = try WeightTensor(floats: tensor.floats().map { $0 * factor }, shape: tensor.shape)
    }
    return try StyleNetwork(architecture: unit, weights: folded)
  }
}
