internal import Torch

/// The terms of a loss.
enum LossTerm: String, Sendable, CaseIterable {
  case content, style, tiles
  case totalVariation = "total_variation"
  case range, temporal
}

/// What a network is trained to make small.
struct Objective: Sendable {
  let recipe: Recipe
  let lossNetwork: LossNetwork
  let device: Device
  /// The artwork's Gram matrices by layer, [1, C, C] each.
  private let grams: [String: Tensor]

  /// What a batch costs: every term by itself, [], and their weighted sum, [].
  struct Losses {
    var terms: [LossTerm: Tensor]
    var total: Tensor
  }

  /// - Parameter artwork: [1, 3, H, W] in 0…1.
  init(_ recipe: Recipe, lossNetwork: LossNetwork, artwork: Tensor, device: Device = .cpu) throws(TorchError) {
    self.recipe = recipe
    self.lossNetwork = lossNetwork
    self.device = device
    grams = try withoutGradients { () throws(TorchError) in
      var grams: [String: Tensor] = [:]
      for (tap, features) in try lossNetwork.features(artwork, taps: recipe.style.taps + recipe.tiles.taps) {
        grams[tap] = try GramMatrix.of(features, dividedBy: recipe.divisor)  // [1, C, C]
      }
      return grams
    }
  }

  /// The losses of a module on photographs [N, 3, H, W] in 0…1; `disturbance` nil leaves the temporal term out.
  func losses(
    of module: StyleModule, on photographs: Tensor, disturbance: TemporalLoss.Disturbance?
  ) throws(TorchError) -> Losses {
    let painting = try module.forward(photographs)  // [N, 3, H, W]
    var terms: [LossTerm: Tensor] = [:]

    let features = try lossNetwork.features(painting, taps: recipe.taps)  // [N, C, h, w] each
    let target = try withoutGradients { () throws(TorchError) in
      try lossNetwork.features(photographs, taps: [recipe.content.tap])
    }
    let one = try tap(recipe.content.tap, in: features)
    let other = try tap(recipe.content.tap, in: target)
    terms[.content] = recipe.form == .relative ? try ContentLoss.relative(one, other) : try ContentLoss.absolute(one, other)
    terms[.style] = try style(recipe.style.taps, features: features, tiles: 1)
    if recipe.tiles.weight > 0 { terms[.tiles] = try style(recipe.tiles.taps, features: features, tiles: recipe.tiles.count) }
    if recipe.range > 0 { terms[.range] = try RangeLoss.of(painting) }
    if recipe.totalVariation > 0 {
      terms[.totalVariation] =
        recipe.form == .relative
        ? try TotalVariationLoss.mean(painting) : try TotalVariationLoss.sum(inOwnUnits(painting, module))
    }
    if let disturbance {
      let disturbed = try module.forward(disturbance.applied(to: photographs))  // [N, 3, H, W]
      terms[.temporal] = try TemporalLoss.of(inOwnUnits(painting, module), inOwnUnits(disturbed, module), disturbance)
    }
    return Losses(terms: terms, total: try total(terms))
  }

  /// The units in which the absolute form has total variation and the temporal term: VGG's.
  private func inOwnUnits(_ pictures: Tensor, _ module: StyleModule) throws(TorchError) -> Tensor {
    guard recipe.form == .absolute else { return pictures }
    return try ImageNet.normalised(pictures, device: device, precision: module.precision == .float64 ? .float64 : .float32)
  }

  private func style(_ taps: [String], features: [String: Tensor], tiles: Int) throws(TorchError) -> Tensor {
    var sum: Tensor?
    for name in taps {
      let gram = try GramMatrix.of(
        StyleLoss.tiles(of: tap(name, in: features), count: tiles), dividedBy: recipe.divisor)  // [N, C, C]
      let artwork = try tap(name, in: grams)
      let loss = recipe.form == .relative ? try StyleLoss.relative(gram, artwork) : try StyleLoss.absolute(gram, artwork)
      sum = try sum?.plus(loss) ?? loss
    }
    guard let sum else { throw TorchError.failed(call: "style", reason: "no layers") }
    return recipe.form == .relative ? try sum.scaled(by: 1 / Double(taps.count)) : sum
  }

  private func total(_ terms: [LossTerm: Tensor]) throws(TorchError) -> Tensor {
    var total: Tensor?
    // Always in one order: the order of a sum decides its last bits.
    for term in LossTerm.allCases {
      guard let loss = terms[term], recipe.weight(of: term) > 0 else { continue }
      let weighted = try loss.scaled(by: recipe.weight(of: term))
      total = try total?.plus(weighted) ?? weighted
    }
    guard let total else { throw TorchError.failed(call: "loss", reason: "all weights are 0") }
    return total
  }

  private func tap(_ name: String, in tensors: [String: Tensor]) throws(TorchError) -> Tensor {
    guard let tensor = tensors[name] else { throw TorchError.failed(call: "features", reason: "\(name) is missing") }
    return tensor
  }
}

extension Recipe {
  fileprivate var divisor: GramMatrix.Divisor { form == .absolute ? .elements : .positions }

  func weight(of term: LossTerm) -> Double {
    switch term {
    case .content: content.weight
    case .style: style.weight
    case .tiles: tiles.weight
    case .totalVariation: totalVariation
    case .range: range
    case .temporal: temporal.weight
    }
  }
}
