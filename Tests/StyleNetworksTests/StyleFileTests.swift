import Foundation
import StyleNetworks
import Testing

@Suite struct StyleFileTests {
  static func style() throws -> StyleFile {
    let card = StyleCard(
      name: "starry-night", title: "The Starry Night \"1889\"", artist: "Vincent van Gogh", recipe: ["iterations": "900"],
      license: "MIT", photographsLicense: "CC BY 4.0", source: "Wikimedia / Commons", scores: ["style": 0.065],
      strain: 0.5)
    return StyleFile(network: try .random(architecture: .original(widths: (4, 5, 6), blocks: 1), seed: 1), card: card)
  }

  @Test(arguments: [ScalarType.f32, .f16, .bf16])
  func survivesTheDisk(type: ScalarType) throws {
    try withTemporaryFolder { folder in
      var style = try Self.style()
      style.network = try style.network.converted(to: type)
      let path = "\(folder)/starry-night.safetensors"
      try style.write(to: path)
      #expect(try StyleFile(contentsOf: path) == style)
      #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == style.serialized())
      #expect(try SafetensorsFile(contentsOf: path).names.first == "convBlock.0.conv2d.weight")
    }
  }

  /// The style after a change to its metadata.
  static func changed(_ body: (inout SafetensorsFile) -> Void) throws -> String {
    var file = try SafetensorsFile(bytes: style().serialized())
    body(&file)
    return message { _ = try StyleFile(bytes: file.serialized()) }
  }

  @Test func unknownKeysOfTheCardAreIgnored() throws {
    var file = try SafetensorsFile(bytes: Self.style().serialized())
    file.metadata["card"] = #"{"name":"x","mood":["dark"]}"#
    #expect(try StyleFile(bytes: file.serialized()).card == StyleCard(name: "x"))
  }

  @Test func sayWhatIsWrong() throws {
    #expect(try Self.changed { _ in } == "")
    #expect(try Self.changed { $0.metadata["format"] = nil }.contains("is a safetensors file without ClipMorph's description"))
    #expect(
      try Self.changed { $0.metadata["version"] = "2" }.contains("style of version '2', and this ClipMorph reads version 1"))
    #expect(try Self.changed { $0.metadata["architecture"] = nil }.contains("lacks 'architecture'"))
    #expect(try Self.changed { $0.metadata["architecture"] = "{" }.contains("'architecture' cannot be read"))
    #expect(try Self.changed { $0.metadata["architecture"] = "[]" }.contains("'architecture' has a value of the wrong kind"))
    #expect(try Self.changed { $0.metadata["card"] = #"{"title":"x"}"# }.contains("'card' lacks 'name'"))
    for strain in ["0.05", "-1", "11", "1e300"] {
      #expect(
        try Self.changed { $0.metadata["card"] = #"{"name":"x","strain":\#(strain)}"# }.contains(
          "a strain that does not lie in 0.1 to 10"))
    }
    #expect(try Self.changed { $0.metadata["card"] = #"{"name":"x","strain":10}"# } == "")
    #expect(try Self.changed { $0["convBlock.1.bias"] = nil }.contains("convBlock.1.bias is missing"))
    #expect(
      try Self.changed { file in
        file.metadata["architecture"] = file.metadata["architecture"]?.replacingOccurrences(
          of: "\"stride\":2", with: "\"stride\":0")
      }.contains("the stride is 0"))
  }

  @Test(arguments: ["original.zip.pth", "original.legacy.pth"])
  func checkpointsArePointedToImport(fixture: String) throws {
    let path = try Fixtures.path(fixture)
    let reason = message { _ = try StyleFile(contentsOf: path) }
    #expect(reason.hasPrefix("\(path): Not a ClipMorph style: it looks like a PyTorch checkpoint; run `clipmorph import"))
  }

  @Test func otherFilesAreRefused() throws {
    #expect(message { _ = try StyleFile(bytes: []) }.contains("it is not a safetensors file"))
    #expect(
      message { _ = try StyleFile(bytes: Array("a text that is long enough".utf8)) }.contains("it is not a safetensors file"))
    let foreign = try Fixtures.path("python-written.safetensors")
    #expect(message { _ = try StyleFile(contentsOf: foreign) }.contains("without ClipMorph's description"))
    var style = try Self.style()
    style.card.scores = ["style": .nan]
    #expect(message { _ = try style.serialized() }.contains("infinite or not a number"))
  }
}
