extension StyleNetwork {
  /// Recognises the network that a state dict belongs to, ClipMorph's `FastStyleNet` or pytorch/examples' `TransformerNet` of any widths and
  /// number of residual blocks, and takes its weights.
  ///
  /// A `module.` before every name (`DataParallel`) is dropped, and so are the running statistics that old PyTorch versions stored beside an
  /// instance normalisation; everything else has to fit exactly. f64 becomes f32.
  ///
  /// - Throws: `unknownFamily`, or what `init(architecture:weights:)` throws.
  public init(importing stateDict: StateDict) throws(StyleNetworkError) {
    let entries = Self.withoutPrefix(stateDict.entries)
    let names = Set(entries.map(\.name))
    func width(_ name: String) -> Int {
      entries.first { $0.name == "\(name).weight" }?.tensor.shape.first ?? 0
    }
    let architecture: Architecture
    if names.contains("convBlock.0.conv2d.weight") {
      architecture = .original(
        widths: (width("convBlock.0.conv2d"), width("convBlock.3.conv2d"), width("convBlock.6.conv2d")),
        blocks: Self.highestNumber(after: "residualBlock.", in: names) + 1)
    } else if names.contains("conv1.conv2d.weight") {
      architecture = .transformerNet(
        widths: (width("conv1.conv2d"), width("conv2.conv2d"), width("conv3.conv2d")),
        blocks: max(0, Self.highestNumber(after: "res", in: names)))
    } else {
      throw .unknownFamily(names: stateDict.names.prefix(4).map(quoted))
    }
    try Self.checkRecognised(architecture, names)
    let ignored = Self.runningStatistics(of: architecture)
    var weights: [String: WeightTensor] = [:]
    for entry in entries where !ignored.contains(entry.name) {
      weights[entry.name] = entry.tensor.type == .f64 ? try entry.tensor.converted(to: .f32) : entry.tensor
    }
    try self.init(architecture: architecture, weights: weights)
  }

  /// A width that could not be read would otherwise be reported as an invalid description instead of a missing tensor.
  private static func checkRecognised(_ architecture: Architecture, _ names: Set<String>) throws(StyleNetworkError) {
    let head =
      architecture.family == "original"
      ? ["convBlock.0.conv2d", "convBlock.3.conv2d", "convBlock.6.conv2d"]
      : ["conv1.conv2d", "conv2.conv2d", "conv3.conv2d"]
    let missing = head.map { "\($0).weight" }.filter { !names.contains($0) }
    guard missing.isEmpty else {
      throw .weightsDoNotFit(
        family: architecture.family, problems: missing.map { "\($0) is missing" }, count: missing.count)
    }
  }

  private static func withoutPrefix(_ entries: [StateDict.Entry]) -> [StateDict.Entry] {
    let prefix = "module."
    guard entries.allSatisfy({ $0.name.hasPrefix(prefix) }) else { return entries }
    return entries.map { StateDict.Entry(name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor) }
  }

  /// The highest N among names `prefixN.…`, or -1; beyond 999 there are more layers than a network may have.
  private static func highestNumber(after prefix: String, in names: Set<String>) -> Int {
    names.reduce(-1) { highest, name in
      guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count).prefix { $0 != "." }) else { return highest }
      return max(highest, min(number, 999))
    }
  }

  private static func runningStatistics(of architecture: Architecture) -> Set<String> {
    var names: Set<String> = []
    for case .instanceNorm(let name, _, _) in architecture.flattened {
      names.formUnion(["running_mean", "running_var", "num_batches_tracked"].map { "\(name).\($0)" })
    }
    return names
  }
}
