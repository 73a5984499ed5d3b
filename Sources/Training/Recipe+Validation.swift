public import StyleNetworks

extension Recipe {
  /// A network as this recipe would go on with it, or nil where it is another than the recipe's. The same weights fit `compact` and `dense`: a style is
  /// learnt in the former, and made finer in the latter.
  ///
  /// - Throws: `TrainingError.invalidRecipe`, `StyleNetworkError`.
  public func taking(_ network: StyleNetwork) throws -> StyleNetwork? {
    let own = try architecture()
    if network.architecture == own { return network }
    guard let dense = try network.dense(), dense.architecture == own else { return nil }
    return dense
  }

  /// The network before training; RGB is 0…1 at both ends.
  ///
  /// - Throws: `TrainingError.invalidRecipe` for an unknown family or a network that no engine can build.
  public func architecture() throws(TrainingError) -> Architecture {
    let widths = network.widths
    var architecture: Architecture
    switch (network.family, widths.count) {
    case ("original", 3): architecture = .original(widths: (widths[0], widths[1], widths[2]), blocks: network.blocks)
    case ("transformer-net", 3): architecture = .transformerNet(widths: (widths[0], widths[1], widths[2]), blocks: network.blocks)
    case ("compact", 2): architecture = .compact(widths: (widths[0], widths[1]), blocks: network.blocks)
    case ("dense", 2): architecture = .dense(widths: (widths[0], widths[1]), blocks: network.blocks)
    case ("compact", _), ("dense", _): throw .invalidRecipe(reason: "network.widths must be two numbers")
    case ("original", _), ("transformer-net", _): throw .invalidRecipe(reason: "network.widths must be three numbers")
    default:
      throw .invalidRecipe(reason: "network.family is \(network.family); it must be original, transformer-net, compact or dense")
    }
    architecture.input = .unit
    architecture.output = .unit
    do { try architecture.validate() } catch { throw .invalidRecipe(reason: error.description) }
    return architecture
  }

  /// Checks every setting's range.
  ///
  /// - Throws: `TrainingError.invalidRecipe`, naming the setting.
  public func validate() throws(TrainingError) {
    func require(_ good: Bool, _ reason: String) throws(TrainingError) { if !good { throw .invalidRecipe(reason: reason) } }
    _ = try architecture()
    _ = try lossNetwork.parts(taps: allTaps)
    let weights = [
      content.weight, structure, tone, warmth, palette, style.weight, tiles.weight, totalVariation, lattice, regularity,
      coherence, range, temporal.weight, temporal.features,
    ]
    try require(weights.allSatisfy { $0 >= 0 && $0.isFinite }, "a weight must be 0 or more")
    try require(style.weight > 0 && !style.taps.isEmpty, "style.weight must be more than 0, and style.taps not empty")
    try require((16...4096).contains(photographs.size), "photographs.size must be 16 to 4096")
    try require(photographs.size % 4 == 0, "photographs.size must be a multiple of 4")
    try require((1...1024).contains(photographs.batch), "photographs.batch must be 1 to 1024")
    try require((0...1).contains(finish.from), "finish.from must be 0 to 1")
    try require(
      [finish.content, finish.tiles, finish.regularity].allSatisfy { $0 >= 0 && $0.isFinite } && finish.margin >= 0,
      "a number of finish must be 0 or more")
    try require(
      !comparesRegularity || photographs.size >= RegularityLoss.leastSide,
      "regularity needs photographs.size \(RegularityLoss.leastSide) or more")
    try require(
      palette == 0 || photographs.size >= PaletteLoss.leastSide, "palette needs photographs.size \(PaletteLoss.leastSide) or more"
    )
    for (name, weight) in [("tone", tone), ("warmth", warmth)] {
      try require(
        weight == 0 || photographs.size >= AreaCorrelationLoss.leastSide,
        "\(name) needs photographs.size \(AreaCorrelationLoss.leastSide) or more")
    }
    try require(
      structure == 0 || photographs.size >= StructureLoss.leastSide,
      "structure needs photographs.size \(StructureLoss.leastSide) or more")
    try require(
      coherence == 0 || photographs.size >= CoherenceLoss.leastSide,
      "coherence needs photographs.size \(CoherenceLoss.leastSide) or more")
    try require((1...4).contains(photographs.zoom), "photographs.zoom must be 1 to 4")
    try require((1...4).contains(style.scales), "style.scales must be 1 to 4")
    try require((16...8192).contains(style.size), "style.size must be 16 to 8192")
    for tap in style.taps {
      // Each block of VGG-19 halves; reflection needs two pixels.
      let halvings = style.scales - 1 + (Int(tap.dropFirst("relu".count).prefix(1)) ?? 1) - 1
      try require(
        photographs.size >> halvings >= 2,
        "photographs.size \(photographs.size) is too small for \(tap) at \(style.scales) scales; give \(2 << halvings) or more")
    }
    try require(tiles.weight == 0 || (1...16).contains(tiles.count), "tiles.count must be 1 to 16")
    let motion = temporal.motion
    try require(
      (0...Double(photographs.size / 4)).contains(motion.shift),
      "temporal.motion.shift must be 0 to a quarter of photographs.size")
    try require((0...0.5).contains(motion.zoom), "temporal.motion.zoom must be 0 to 0.5")
    try require((0...45).contains(motion.rotation), "temporal.motion.rotation must be 0 to 45")
    try require((0...24).contains(motion.warp), "temporal.motion.warp must be 0 to 24")
    try require((0...0.5).contains(temporal.light), "temporal.light must be 0 to 0.5")
    try require((0...1).contains(temporal.ramp), "temporal.ramp must be 0 to 1")
    try require(temporal.margin >= 0 && temporal.every >= 1, "temporal.margin must be 0 or more, temporal.every 1 or more")
    try require((1...100_000_000).contains(iterations), "iterations must be 1 or more")
    try require(learningRate > 0 && learningRate <= 1, "learningRate must be more than 0 and at most 1")
    try require(clip >= 0 && clip.isFinite, "clip must be 0 or more")
    switch temporal.noise {
    case .sparse(let share, let amplitude):
      try require(
        (0...1).contains(share) && (0...255).contains(amplitude), "temporal.noise must have share 0 to 1, amplitude 0 to 255")
    case .gaussian(let deviation):
      try require((0...1).contains(deviation), "temporal.noise must have a deviation of 0 to 1")
    }
  }
}
