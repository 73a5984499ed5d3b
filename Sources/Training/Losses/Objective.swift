internal import Torch

/// The terms of a loss.
enum LossTerm: String, Sendable, CaseIterable {
  case content, structure, tone, warmth, palette, style, tiles, lattice, regularity, coherence
  case totalVariation = "total_variation"
  case range, temporal
  case temporalFeatures = "temporal_features"
}

/// What a network is trained to make small.
struct Objective: Sendable {
  private(set) var recipe: Recipe
  let lossNetwork: LossNetwork
  let device: Device
  /// The artwork's Gram matrices by scale, the finest first, and by layer, [1, C, C] each.
  private let grams: [[String: Tensor]]
  /// The artwork's autocorrelation, [1, shifts]; nil where it is not compared.
  private let autocorrelation: Tensor?
  /// The artwork's coherence of each kind; nil where it is not compared.
  private let coherence: [Tensor]?
  /// Compares colours with the artwork's; nil where they are not compared.
  private let palette: PaletteLoss?

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
      var scales: [[String: Tensor]] = []
      var picture = artwork  // [1, 3, H / 2^scale, W / 2^scale]
      for scale in 0..<recipe.style.scales {
        if scale > 0 { picture = try picture.areaMeans(side: 2) }
        var grams: [String: Tensor] = [:]
        for (tap, features) in try lossNetwork.features(picture, taps: recipe.style.taps + recipe.tiles.taps) {
          grams[tap] = try GramMatrix.of(features, dividedBy: recipe.divisor)  // [1, C, C]
        }
        scales.append(grams)
      }
      return scales
    }
    autocorrelation =
      recipe.comparesRegularity
      ? try withoutGradients { () throws(TorchError) in try RegularityLoss.autocorrelation(artwork) } : nil
    coherence =
      recipe.coherence > 0 ? try withoutGradients { () throws(TorchError) in try CoherenceLoss.coherence(artwork) } : nil
    palette = recipe.palette > 0 ? try withoutGradients { () throws(TorchError) in try PaletteLoss(artwork: artwork) } : nil
  }

  /// The same with the weights of the last part of a run.
  var finished: Objective {
    var objective = self
    objective.recipe = recipe.finished
    return objective
  }

  /// The losses of a module on photographs.
  ///
  /// - Parameters:
  ///   - photographs: [N, 3, H, W] in 0…1.
  ///   - disturbance: nil leaves the temporal terms out.
  ///   - temporalShare: what the temporal terms' weights are multiplied by.
  ///   - batch: of how many photographs these are a part; a term that is a sum over all is what it would be if the others were like these.
  func losses(
    of module: StyleModule, on photographs: Tensor, disturbance: TemporalLoss.Disturbance?, temporalShare: Double = 1,
    batch: Int? = nil
  ) throws(TorchError) -> Losses {
    let (painting, inner) = try module.forwardWithFeatures(photographs)  // [N, 3, H, W], [N, C, H/4, W/4]
    var terms: [LossTerm: Tensor] = [:]

    let features = try lossNetwork.features(painting, taps: recipe.taps)  // [N, C, h, w] each
    let target = try withoutGradients { () throws(TorchError) in
      try lossNetwork.features(photographs, taps: [recipe.content.tap])
    }
    let exact: DType = module.precision == .float64 ? .float64 : .float32
    let one = try tap(recipe.content.tap, in: features)  // [N, C, h, w]
    let other = try tap(recipe.content.tap, in: target)  // [N, C, h, w]
    terms[.content] = recipe.form == .relative ? try ContentLoss.relative(one, other) : try ContentLoss.absolute(one, other)
    if recipe.structure > 0 { terms[.structure] = try StructureLoss.of(painting, photographs) }
    if recipe.tone > 0 { terms[.tone] = try AreaCorrelationLoss.of(.lightness, painting, photographs) }
    if recipe.warmth > 0 { terms[.warmth] = try AreaCorrelationLoss.of(.warmth, painting, photographs) }
    if let palette { terms[.palette] = try palette.of(painting) }
    let styles = try styleTerms(features)
    terms[.style] = try coarser(than: styles.whole, painting)
    terms[.tiles] = styles.tiles
    if recipe.lattice > 0 { terms[.lattice] = try LatticeLoss.of(painting) }
    if recipe.regularity > 0, let autocorrelation { terms[.regularity] = try RegularityLoss.of(painting, autocorrelation) }
    if let coherence { terms[.coherence] = try CoherenceLoss.of(painting, photographs, coherence) }
    if recipe.range > 0 { terms[.range] = try RangeLoss.of(painting) }
    if recipe.totalVariation > 0 { terms[.totalVariation] = try totalVariation(painting, module, batch: batch) }
    if let disturbance {
      let seen = try disturbance.applied(to: photographs)  // [N, 3, H, W]
      let (disturbed, disturbedInner) = try module.forwardWithFeatures(seen)
      terms[.temporal] = try TemporalLoss.of(
        inOwnUnits(painting, module), inOwnUnits(disturbed, module), disturbance,
        relaxedBy: recipe.temporal.relaxed ? disturbance.brightening(of: photographs) : nil)
      if recipe.temporal.features > 0 {
        terms[.temporalFeatures] = try TemporalLoss.ofFeatures(
          inner.to(exact, on: device), disturbedInner.to(exact, on: device), disturbance)
      }
    }
    return Losses(terms: terms, total: try total(terms, temporalShare))
  }

  private func totalVariation(_ painting: Tensor, _ module: StyleModule, batch: Int?) throws(TorchError) -> Tensor {
    guard recipe.form == .absolute else { return try TotalVariationLoss.mean(painting) }
    let sum = try TotalVariationLoss.sum(inOwnUnits(painting, module))
    let count = try painting.shape()[0]
    guard let batch, batch != count else { return sum }
    return try sum.scaled(by: Double(batch) / Double(count))
  }

  /// The units in which the absolute form has total variation and the temporal term: VGG's.
  private func inOwnUnits(_ pictures: Tensor, _ module: StyleModule) throws(TorchError) -> Tensor {
    guard recipe.form == .absolute else { return pictures }
    return try ImageNet.normalised(pictures, device: device, precision: module.precision == .float64 ? .float64 : .float32)
  }

  /// The style term over whole pictures, and that over tiles where the recipe has one.
  private func styleTerms(_ features: [String: Tensor]) throws(TorchError) -> (whole: Tensor, tiles: Tensor?) {
    let count = recipe.tiles.count
    var whole: [Tensor] = []
    var tiles: [Tensor] = []
    for name in recipe.taps
    where recipe.style.taps.contains(name) || (recipe.tiles.weight > 0 && recipe.tiles.taps.contains(name)) {
      let maps = try tap(name, in: features)  // [N, C, h, w]
      let shape = try maps.shape()
      var parts: Tensor?
      if recipe.tiles.weight > 0, recipe.tiles.taps.contains(name) {
        let grams = try GramMatrix.of(maps, dividedBy: recipe.divisor, tiles: count)  // [count² N, C, C]
        tiles.append(try distance(grams, name))
        parts = grams
      }
      guard recipe.style.taps.contains(name) else { continue }
      // Tiles that cover the picture have all its products already.
      if let parts, shape[2] % count == 0, shape[3] % count == 0 {
        whole.append(try distance(GramMatrix.joined(parts, pictures: shape[0]), name))
      } else {
        whole.append(try distance(GramMatrix.of(maps, dividedBy: recipe.divisor), name))
      }
    }
    return (try combined(whole), tiles.isEmpty ? nil : try combined(tiles))
  }

  /// The style term over all scales, from that at the finest: the mean in the relative form, the sum in the absolute one.
  private func coarser(than finest: Tensor, _ painting: Tensor) throws(TorchError) -> Tensor {
    guard recipe.style.scales > 1 else { return finest }
    var sum = finest
    var picture = painting  // [N, 3, H / 2^scale, W / 2^scale]
    for scale in 1..<recipe.style.scales {
      picture = try picture.areaMeans(side: 2)
      let features = try lossNetwork.features(picture, taps: recipe.style.taps)  // [N, C, h, w] each
      var layers: [Tensor] = []
      for name in recipe.style.taps {
        layers.append(try distance(GramMatrix.of(tap(name, in: features), dividedBy: recipe.divisor), name, scale: scale))
      }
      sum = try sum.plus(combined(layers))
    }
    return recipe.form == .relative ? try sum.scaled(by: 1 / Double(recipe.style.scales)) : sum
  }

  private func distance(_ grams: Tensor, _ name: String, scale: Int = 0) throws(TorchError) -> Tensor {
    let artwork = try tap(name, in: self.grams[scale])  // [1, C, C]
    return recipe.form == .relative ? try StyleLoss.relative(grams, artwork) : try StyleLoss.absolute(grams, artwork)
  }

  /// The mean over layers in the relative form, the sum in the absolute one.
  private func combined(_ layers: [Tensor]) throws(TorchError) -> Tensor {
    guard var sum = layers.first else { throw TorchError.failed(call: "style", reason: "no layers") }
    for layer in layers.dropFirst() { sum = try sum.plus(layer) }
    return recipe.form == .relative ? try sum.scaled(by: 1 / Double(layers.count)) : sum
  }

  private func total(_ terms: [LossTerm: Tensor], _ temporalShare: Double) throws(TorchError) -> Tensor {
    var total: Tensor?
    // Always in one order: the order of a sum decides its last bits.
    for term in LossTerm.allCases {
      let weight = recipe.weight(of: term, temporalShare: temporalShare)
      guard let loss = terms[term], weight > 0 else { continue }
      let weighted = try loss.scaled(by: weight)
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

  /// What a term is multiplied by.
  ///
  /// - Parameter temporalShare: what the temporal terms' weights are multiplied by at this time of the run, 0…1.
  func weight(of term: LossTerm, temporalShare: Double = 1) -> Double {
    switch term {
    case .content: content.weight
    case .structure: structure
    case .tone: tone
    case .warmth: warmth
    case .palette: palette
    case .style: style.weight
    case .tiles: tiles.weight
    case .totalVariation: totalVariation
    case .lattice: lattice
    case .regularity: regularity
    case .coherence: coherence
    case .range: range
    case .temporal: temporal.weight * temporalShare
    case .temporalFeatures: temporal.features * temporalShare
    }
  }
}
