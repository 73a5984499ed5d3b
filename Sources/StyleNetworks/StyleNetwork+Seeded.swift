extension StyleNetwork {
  /// A network with reproducible random weights, for tests and benchmarks; `Tests/Goldens/style_networks.py` makes the same bits.
  ///
  /// With u from `SeededValues.signed`, seeded by the hash of the parameter's name plus `seed`: convolution weights are u / sqrt(fan-in),
  /// where fan-in is the product of all dimensions but the first; normalisation weights 1 + 0.2 u; biases 0.1 u. The last convolution's
  /// weights are multiplied by 4, or for byte-range outputs by 64 with biases 128 + 32 u, to fill the range. All in f64, rounded to f32.
  ///
  /// - Parameters:
  ///   - architecture: any valid description.
  ///   - seed: the same seed gives the same weights.
  /// - Throws: `StyleNetworkError.invalidArchitecture`.
  public static func random(architecture: Architecture, seed: UInt64) throws(StyleNetworkError) -> StyleNetwork {
    try architecture.validate()
    let last = architecture.parameterShapes.last { $0.shape.count == 4 }?.name
    let lastBias = last.map { $0.dropLast("weight".count) + "bias" }
    let byte = architecture.output == .byte
    var weights: [String: WeightTensor] = [:]
    for (name, shape) in architecture.parameterShapes {
      let values = SeededValues.signed(count: shape.reduce(1, *), seed: SeededValues.hash(name) &+ seed)
      let floats: [Float]
      if shape.count == 4 {
        let scale = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
        let gain = name == last ? (byte ? 64.0 : 4.0) : 1
        floats = values.map { Float($0 * scale * gain) }
      } else if name.hasSuffix(".weight") {
        floats = values.map { Float(1 + 0.2 * $0) }
      } else if byte, name == lastBias ?? "" {
        floats = values.map { Float(128 + 32 * $0) }
      } else {
        floats = values.map { Float(0.1 * $0) }
      }
      weights[name] = try WeightTensor(floats: floats, shape: shape)
    }
    return try StyleNetwork(architecture: architecture, weights: weights)
  }

  /// A network that gives back what it gets.
  ///
  /// - Throws: never in practice; the parts are checked like any other network's.
  public static func identity() throws(StyleNetworkError) -> StyleNetwork {
    try StyleNetwork(
      architecture: .identity,
      weights: [
        "conv.weight": WeightTensor(floats: [1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3, 1, 1]),
        "conv.bias": WeightTensor(floats: [0, 0, 0], shape: [3]),
      ])
  }
}
