import ArgumentParser
import Foundation
import Media
import StyleNetworks

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a style for other programs.",
    discussion: """
      ONNX: opset 17 with the weights inside. The input `photograph` and the output `painting` are f32 [batch, 3, height, width] with RGB in
      0 to 1; height and width may be any multiples of four.

      EXAMPLE
        clipmorph export starry-night --format onnx -o starry-night.onnx
      """)

  @Argument(help: "A style's name (see: clipmorph styles) or file.", completion: .file(extensions: ["safetensors"]))
  var style: String

  @Option(help: "Which of the style's networks: original, balanced, fast.")
  var tier: StyleTier?

  @Option(help: "The format: onnx.")
  var format = Format.onnx

  @Option(name: .shortAndLong, help: "The file to write (.onnx).", completion: .file(extensions: ["onnx"]))
  var output: String

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  enum Format: String, CaseIterable, ExpressibleByArgument { case onnx }

  func run() throws {
    let file = try StyleLibrary().style(style, tier: tier)
    guard output.hasSuffix(".onnx") else {
      throw MediaError.unsupportedOutput(path: output, reason: "the format is onnx; give that extension")
    }
    let target = try AtomicFile(target: output, replace: overwrite)
    let bytes = try file.network.onnx(metadata: metadata(of: file))
    try target.write(bytes)
    try target.commit()
    if !quiet { Terminal.write("\(output)  \(file.network.architecture.family), \(bytes.count / 1024) KiB\n") }
  }

  private func metadata(of file: StyleFile) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let card = file.card
    let known = [
      "clipmorph.name": card.name, "clipmorph.title": card.title, "clipmorph.artist": card.artist, "clipmorph.year": card.year,
      "clipmorph.license": card.license, "clipmorph.source": card.source,
      "clipmorph.card": String(decoding: try encoder.encode(card), as: UTF8.self),
      "clipmorph.multiple": String(file.network.architecture.multiple),
    ]
    return known.compactMapValues(\.self)
  }
}
