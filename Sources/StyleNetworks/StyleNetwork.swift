/// An architecture with weights that fit it: what an engine needs to stylize.
public struct StyleNetwork: Sendable, Equatable {
  /// The layers.
  public let architecture: Architecture
  /// Every parameter by its PyTorch name, in f32, f16 or bf16.
  public let weights: [String: WeightTensor]

  /// Puts architecture and weights together, strictly.
  ///
  /// - Throws: `invalidArchitecture`; `weightsDoNotFit` for a parameter that is missing, too many, or of another shape or type; `notFinite`.
  public init(architecture: Architecture, weights: [String: WeightTensor]) throws(StyleNetworkError) {
    try architecture.validate()
    var problems: [String] = []
    let parameters = architecture.parameterShapes
    for (name, shape) in parameters {
      guard let tensor = weights[name] else {
        problems.append("\(name) is missing")
        continue
      }
      if tensor.shape != shape { problems.append("\(name) is \(tensor.shape), expected \(shape)") }
      if !tensor.type.isWeightType {
        problems.append("\(name) has type \(tensor.type.rawValue), expected F32, F16 or BF16")
      }
    }
    let expected = Set(parameters.map(\.name))
    for name in weights.keys.sorted() where !expected.contains(name) {
      problems.append("\(quoted(name)) has no place in the network")
    }
    guard problems.isEmpty else {
      throw .weightsDoNotFit(family: architecture.family, problems: Array(problems.prefix(5)), count: problems.count)
    }
    for (name, _) in parameters {
      if let index = weights[name]?.firstNonFinite { throw .notFinite(parameter: name, index: index) }
    }
    self.architecture = architecture
    self.weights = weights
  }

  /// The same network with its weights stored in another type, each rounded to the nearest.
  ///
  /// - Parameter type: `f32`, `f16` or `bf16`.
  /// - Throws: `invalidTensor` for another type; `tooLarge` where a weight is beyond what the type can hold.
  public func converted(to type: ScalarType) throws(StyleNetworkError) -> StyleNetwork {
    var converted: [String: WeightTensor] = [:]
    for (name, tensor) in weights {
      let fewer = try tensor.converted(to: type)
      // This network's own numbers are finite.
      if let index = fewer.firstNonFinite { throw .tooLarge(parameter: name, index: index, type: type) }
      converted[name] = fewer
    }
    return try StyleNetwork(architecture: architecture, weights: converted)
  }
}
