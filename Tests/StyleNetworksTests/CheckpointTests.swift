import StyleNetworks
import Testing

/// What PyTorch saved must be read bit for bit.
@Suite struct CheckpointTests {
  static let contents = [
    "types", "protocol4", "views", "nested-model", "nested-state_dict", "nested-model_state_dict", "original",
  ]

  @Test(arguments: contents, ["zip", "legacy"])
  func readsBothContainersExactly(content: String, container: String) throws {
    let expected = StateDict(try SafetensorsFile(contentsOf: Fixtures.path("\(content).safetensors")))
    let read = try TorchCheckpoint.read(Fixtures.path("\(content).\(container).pth"))
    #expect(Set(read.names) == Set(expected.names))
    #expect(read.entries.count == expected.entries.count)
    for entry in expected.entries { #expect(read[entry.name] == entry.tensor, "\(entry.name)") }
  }

  @Test func keepsTheOrder() throws {
    let read = try TorchCheckpoint.read(Fixtures.path("original.zip.pth"))
    let described = Architecture.original(widths: (4, 5, 6), blocks: 2).parameterShapes
    #expect(read.names == described.map(\.name))
    #expect(read.entries.map(\.tensor.shape) == described.map(\.shape))
  }

  @Test(.enabled(if: Fixtures.weights("vgg19-slim.pth") != nil, "CLIPMORPH_WEIGHTS names no folder with vgg19-slim.pth"))
  func readsTheSlimLossNetwork() throws {
    let read = try TorchCheckpoint.read(#require(Fixtures.weights("vgg19-slim.pth")))
    #expect(read.entries.count == 38)
    #expect(read.entries.reduce(0) { $0 + $1.tensor.count } == 964_188)
    #expect(read.entries.reduce(0) { plainCRC32($1.tensor.bytes, from: $0) } == 0x70DC_2DCE)
    let sum = try #require(read["conv11.weight"]).floats().reduce(0.0) { $0 + Double($1) }
    #expect(abs(sum - -0.3493250383764) < 1e-9)
    #expect(read["conv51.weight"]?.shape == [128, 128, 3, 3])
  }

  @Test(
    .enabled(
      if: Fixtures.weights("vgg19-normalised-conv3_1.pth") != nil,
      "CLIPMORPH_WEIGHTS names no folder with vgg19-normalised-conv3_1.pth"))
  func readsTheNormalisedLossNetwork() throws {
    let read = try TorchCheckpoint.read(#require(Fixtures.weights("vgg19-normalised-conv3_1.pth")))
    #expect(read.entries.count == 12)
    #expect(read.entries.reduce(0) { $0 + $1.tensor.count } == 555_340)
    #expect(read.entries.reduce(0) { plainCRC32($1.tensor.bytes, from: $0) } == 0x9134_C093)
    #expect(read["16.weight"]?.shape == [256, 128, 3, 3])
  }

  @Test func buildersWriteReadableCheckpoints() throws {
    // Otherwise the refusals of what they write wrongly would prove nothing.
    let expected = try WeightTensor(shape: [2, 2], type: .f32, bytes: Array(0..<16))
    #expect(try TorchCheckpoint.read(bytes: Zip.checkpoint(Pickle.stateDict { $0.tensor() }))["weight"] == expected)
    let legacy = Legacy.checkpoint(Pickle.stateDict { $0.tensor(legacy: true) })
    #expect(try TorchCheckpoint.read(bytes: legacy)["weight"] == expected)
    let view = Legacy.checkpoint(Pickle.stateDict { $0.tensor(shape: [2], strides: [1], legacy: true, view: [1, 3]) })
    #expect(try TorchCheckpoint.read(bytes: view)["weight"]?.bytes == Array(4..<12))
  }

  @Test func readsPythonTwosOrderedDict() throws {
    let pickle = Pickle.build {
      $0.global("collections", "OrderedDict")
      for opcode in "]]" as String { $0.bytes.append(opcode.asciiValue ?? 0) }
      $0.bytes += [UInt8(ascii: "U"), 1, UInt8(ascii: "w")]
      $0.op("a")
      $0.tensor()
      $0.op("a")
      $0.op("a")
      $0.bytes.append(0x85)
      $0.op("R")
    }
    #expect(try TorchCheckpoint.read(bytes: Zip.checkpoint(pickle)).names == ["w"])
  }

  @Test func missingFileIsNamed() {
    let path = "/nowhere/style.pth"
    #expect(message { _ = try TorchCheckpoint.read(path) }.hasPrefix("\(path): Cannot read the file: it does not exist"))
    #expect(message { _ = try TorchCheckpoint.read("/") }.contains("not a regular file"))
  }
}
