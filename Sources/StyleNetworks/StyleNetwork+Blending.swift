extension StyleNetwork {
  /// A network between others: each weight is the weighted mean of theirs (linear interpolation of networks that were fine-tuned from one another,
  /// as in Wortsman et al. 2022, "Model soups"). Networks that were trained apart have no common ground and blend to mud.
  ///
  /// - Parameter parts: networks of one architecture, each with its share: 0 or more, together above 0; they need not add up to 1.
  /// - Throws: `cannotBlend`; `notFinite` where the mean is beyond f32.
  public static func blend(_ parts: [(network: StyleNetwork, share: Double)]) throws(StyleNetworkError) -> StyleNetwork {
    guard let first = parts.first?.network else { throw .cannotBlend(reason: "there is no network") }
    let total = parts.reduce(0) { $0 + $1.share }
    guard parts.allSatisfy({ $0.share >= 0 && $0.share.isFinite }), total > 0, total.isFinite else {
      throw .cannotBlend(reason: "shares are 0 or more, and not all of them 0")
    }
    for (network, _) in parts where network.architecture != first.architecture {
      let (one, other) = (first.architecture, network.architecture)
      throw .cannotBlend(
        reason: "one is \(quoted(one.family)) with \(one.parameterCount) parameters, another \(quoted(other.family)) with"
          + " \(other.parameterCount), or their layers differ; blend networks of one tier")
    }
    if parts.count == 1 { return first }
    var weights: [String: WeightTensor] = [:]
    for (name, shape) in first.architecture.parameterShapes {
      var sums = [Double](repeating: 0, count: shape.reduce(1, *))
      for (network, share) in parts where share > 0 {
        for (index, value) in (network.weights[name]?.floats() ?? []).enumerated() { sums[index] += Double(value) * share }
      }
      weights[name] = try WeightTensor(floats: sums.map { Float($0 / total) }, shape: shape)
    }
    return try StyleNetwork(architecture: first.architecture, weights: weights)
  }
}
