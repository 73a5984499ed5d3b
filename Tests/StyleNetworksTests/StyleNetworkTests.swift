import StyleNetworks
import Testing

@Suite struct StyleNetworkTests {
  static let small = Architecture.original(widths: (4, 5, 6), blocks: 2)

  @Test(arguments: ["zip", "legacy"])
  func importsTheOriginalFamily(container: String) throws {
    let network = try StyleNetwork(importing: TorchCheckpoint.read(Fixtures.path("original.\(container).pth")))
    #expect(network.architecture == Self.small)
    // Python made the checkpoint by the same formula.
    #expect(network == (try StyleNetwork.random(architecture: Self.small, seed: 3)))
  }

  @Test(arguments: ["zip", "legacy"])
  func importsTransformerNetWithItsDeprecatedStatistics(container: String) throws {
    let stateDict = try TorchCheckpoint.read(Fixtures.path("transformer-net.\(container).pth"))
    #expect(stateDict.names.contains("module.res1.in1.running_mean"))
    let network = try StyleNetwork(importing: stateDict)
    #expect(network.architecture == .transformerNet(widths: (4, 5, 6), blocks: 3))
    #expect(network == (try StyleNetwork.random(architecture: .transformerNet(widths: (4, 5, 6), blocks: 3), seed: 4)))
  }

  @Test(arguments: ["original", "transformer-net"])
  func seededWeightsArePythonsBitForBit(family: String) throws {
    let goldens = try Fixtures.goldens()
    let small: Architecture =
      family == "original" ? .original(widths: (3, 5, 6), blocks: 1) : .transformerNet(widths: (3, 5, 6), blocks: 1)
    let network = try StyleNetwork.random(architecture: small, seed: 11)
    for (name, tensor) in network.weights { #expect(goldens["weights.\(family).\(name)"] == tensor, "\(name)") }
    // The whole of the full-width ones by their sums, which are as precise as f64 sums in another order are.
    let full = try StyleNetwork.random(architecture: family == "original" ? .original() : .transformerNet(), seed: 7)
    let golden = try #require(goldens["\(family).full.weight_sums"])
    let sums = golden.bytes.withUnsafeBytes { raw in
      (0..<golden.count).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
    }
    let parameters = full.architecture.parameterShapes
    #expect(golden.shape == [parameters.count, 2])
    for (index, parameter) in parameters.enumerated() {
      let values = try #require(full.weights[parameter.name]).floats().map(Double.init)
      let (sum, squares) = (values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 })
      #expect(abs(sum - sums[2 * index]) <= 1e-9 * Double(values.count), "\(parameter.name)")
      #expect(abs(squares - sums[2 * index + 1]) <= 1e-11 * squares, "\(parameter.name)")
    }
  }

  @Test func otherSeedsGiveOtherWeights() throws {
    let (a, b) = (
      try StyleNetwork.random(architecture: Self.small, seed: 1), try StyleNetwork.random(architecture: Self.small, seed: 2)
    )
    #expect(a == (try StyleNetwork.random(architecture: Self.small, seed: 1)))
    for (name, tensor) in a.weights { #expect(b.weights[name] != tensor) }
  }

  static func changed(_ body: (inout [String: WeightTensor]) throws -> Void) throws -> String {
    var weights = try StyleNetwork.random(architecture: small, seed: 1).weights
    try body(&weights)
    return message { _ = try StyleNetwork(architecture: small, weights: weights) }
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(try Self.changed { _ in } == "")
    #expect(try Self.changed { $0["convBlock.1.bias"] = nil }.contains("convBlock.1.bias is missing."))
    #expect(
      try Self.changed { $0["residualBlock.1.conv1.conv2d.weight"] = try WeightTensor(floats: [1], shape: [1, 1, 1, 1]) }
        .contains("residualBlock.1.conv1.conv2d.weight is [1, 1, 1, 1], expected [6, 6, 3, 3]."))
    #expect(try Self.changed { $0["extra"] = try WeightTensor(floats: [1], shape: [1]) }.contains("'extra' has no place"))
    #expect(
      try Self.changed { $0["convBlock.1.bias"] = try WeightTensor(shape: [4], type: .i8, bytes: [1, 2, 3, 4]) }
        .contains("convBlock.1.bias has type I8, expected F32, F16 or BF16"))
    #expect(
      try Self.changed { $0["convBlock.1.bias"] = try WeightTensor(floats: [0, 1, .nan, 0], shape: [4]) }
        .contains("convBlock.1.bias has a value at index 2 that is infinite or not a number"))
    #expect(
      try Self.changed { $0 = [:] }.hasSuffix("convBlock.1.bias is missing; convBlock.3.conv2d.weight is missing; and 33 more."))
  }

  static func importing(_ change: (inout StateDict) throws -> Void) throws -> String {
    var stateDict = try TorchCheckpoint.read(Fixtures.path("original.zip.pth"))
    try change(&stateDict)
    return message { _ = try StyleNetwork(importing: stateDict) }
  }

  @Test func importSaysWhichTensorDoesNotFit() throws {
    let one = try WeightTensor(floats: [1], shape: [1])
    #expect(try Self.importing { _ in } == "")
    #expect(
      try Self.importing { $0.entries.append(.init(name: "extra.weight", tensor: one)) }.contains("'extra.weight' has no place"))
    #expect(try Self.importing { $0.entries.append(.init(name: "convBlock.0.running_mean", tensor: one)) }.contains("no place"))
    #expect(try Self.importing { $0.entries.append(.init(name: "convBlock.1.running_mean", tensor: one)) } == "")
    #expect(
      try Self.importing { $0.entries.removeAll { $0.name == "convBlock.3.conv2d.weight" } }.contains(
        "convBlock.3.conv2d.weight is missing"))
    #expect(
      try Self.importing { $0.entries.removeAll { $0.name.hasPrefix("residualBlock.0.") } }.contains(
        "residualBlock.0.conv1.conv2d.weight is missing"))
    // A prefix on all names is DataParallel's; on one it is a foreign name.
    #expect(
      try Self.importing { dict in
        for index in dict.entries.indices { dict.entries[index].name = "module." + dict.entries[index].name }
      } == "")
    #expect(
      try Self.importing { $0.entries[1].name = "module." + $0.entries[1].name }.contains(
        "'module.convBlock.0.conv2d.bias' has no place"))
    let foreign = message { _ = try StyleNetwork(importing: TorchCheckpoint.read(Fixtures.path("views.zip.pth"))) }
    #expect(foreign.contains("'whole', 'transposed', 'row', 'column'"))
    #expect(message { _ = try StyleNetwork(importing: StateDict()) }.contains("belong neither"))
  }

  @Test func convertsItsWeights() throws {
    let network = try StyleNetwork.random(architecture: Self.small, seed: 5)
    let half = try network.converted(to: .f16)
    #expect(half.weights.values.allSatisfy { $0.type == .f16 })
    let (a, b) = (
      network.weights["convBlock.0.conv2d.weight"]?.floats() ?? [], half.weights["convBlock.0.conv2d.weight"]?.floats() ?? []
    )
    #expect(a != b)
    #expect(zip(a, b).allSatisfy { abs($0 - $1) <= abs($0) * 0x1p-11 + 0x1p-25 })
    #expect(try half.converted(to: .f32).converted(to: .f16) == half)
    var large = network.weights
    large["convBlock.1.bias"] = try WeightTensor(floats: [0, 1e6, 0, 0], shape: [4])
    let tooLarge = try StyleNetwork(architecture: Self.small, weights: large)
    #expect(throws: StyleNetworkError.tooLarge(parameter: "convBlock.1.bias", index: 1, type: .f16)) {
      try tooLarge.converted(to: .f16)
    }
    #expect(try tooLarge.converted(to: .bf16).weights["convBlock.1.bias"]?.floats()[1].isFinite == true)
  }

  @Test func identityIsOneUnitConvolution() throws {
    let identity = try StyleNetwork.identity()
    #expect(identity.architecture.parameterCount == 12)
    #expect(identity.weights["conv.weight"]?.floats() == [1, 0, 0, 0, 1, 0, 0, 0, 1])
  }
}
