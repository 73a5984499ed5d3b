import ArgumentParser
import Foundation
import Media
import StyleNetworks

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a style for other programs, or a style file anew.",
    discussion: """
      ONNX: opset 17 with the weights inside. The input `photograph` and the output `painting` are f32 [batch, 3, height, width] with RGB in
      0 to 1; height and width may be any multiples of four.

      safetensors: a style file of ClipMorph's, of a style or of a blend, with its numbers stored otherwise, with a small sample picture, with scores
      or a strain on its card, or computed more densely.

      EXAMPLES
        clipmorph export starry-night --format onnx -o starry-night.onnx
        clipmorph export starry-night --format safetensors --store f16 --sample portrait.jpg -o small.safetensors
        clipmorph export starry-night --tier fast --dense -o dense.safetensors
        clipmorph export starry-night:0.5,wave.safetensors:0.5 --format safetensors -o between.safetensors
      """)

  @Argument(
    help: "A style's name (see: clipmorph styles) or file, or a blend such as a:0.6,b:0.4.",
    completion: .file(extensions: ["safetensors"]))
  var style: String

  @Option(help: "Which of the style's networks: original, balanced, fast, still.")
  var tier: StyleTier?

  @Option(help: "The format: onnx, safetensors (default: by the output's extension).")
  var format: Format?

  @Option(
    name: .shortAndLong, help: "The file to write (.onnx, .safetensors).", completion: .file(extensions: ["onnx", "safetensors"]))
  var output: String

  @Option(help: "How a style file's numbers are stored: f32, f16 (half the size, the same painting to the eye) or bf16.")
  var store: WeightStorage?

  @Flag(
    help:
      "Make a network of `fast` or `still` dense: a grid of two pixels instead of four, clips nearer to the painting and steadier, for 3.3 times the work."
  )
  var dense = false

  @Option(help: "A photograph to paint for the sample that the style file carries.", completion: .file())
  var sample: String?

  @Option(help: ArgumentHelp("A score for the style file's card; may be repeated.", valueName: "name=value"))
  var score: [String] = []

  @Option(
    help:
      "How far strokes may be stretched or squeezed on clips before they are painted anew, as a strain (0.1 to 10; 1.15 where a style has none); less for short dabs than for long strokes."
  )
  var strain: Double?

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case onnx, safetensors
  }

  /// As asked for, or by the extension.
  private var chosen: Format { format ?? (output.hasSuffix(".safetensors") ? .safetensors : .onnx) }

  func validate() throws {
    if chosen == .onnx, store != nil || sample != nil || !score.isEmpty || strain != nil {
      throw ValidationError("--store, --sample, --score and --strain are for --format safetensors")
    }
    if let strain, !StyleCard.strains.contains(strain) {
      throw ValidationError("--strain \(strain) is not a number from 0.1 to 10")
    }
    for text in score where Export.score(text) == nil {
      throw ValidationError("--score \(text) is not a name and a number, as in style=0.041")
    }
  }

  func run() throws {
    let reference = try StyleLibrary().reference(style, tier: tier)
    var file = try reference.read()
    if dense {
      guard let network = try file.network.dense() else {
        throw StyleLibrary.Problem(
          description:
            "\(style) is a \(file.network.architecture.family) network; only a compact one can be made dense; leave --dense out")
      }
      file.network = network
      // Measured and painted with the other network.
      file.card.scores = nil
      file.sample = nil
    }
    guard output.hasSuffix(".\(chosen.rawValue)") else {
      throw MediaError.unsupportedOutput(path: output, reason: "the format is \(chosen.rawValue); give that extension")
    }
    try checkOutput(output, isNoneOf: reference.files + [sample].compactMap(\.self))
    let target = try AtomicFile(target: output, replace: overwrite)
    let bytes =
      switch chosen {
      case .onnx: try file.network.onnx(metadata: metadata(of: file))
      case .safetensors: try rewritten(file).serialized()
      }
    try target.write(bytes)
    try target.commit()
    if !quiet { Terminal.write("\(output)  \(file.network.architecture.family), \(bytes.count / 1024) KiB\n") }
  }

  private func rewritten(_ file: StyleFile) throws -> StyleFile {
    var file = file
    if let sample { file.sample = try SamplePainter(network: file.network).sample(of: sample) }
    if let store { file.network = try file.network.converted(to: store.type) }
    if let strain { file.card.strain = strain }
    for (name, value) in score.compactMap(Export.score) {
      file.card.scores = (file.card.scores ?? [:]).merging([name: value]) { $1 }
    }
    return file
  }

  private static func score(_ text: String) -> (name: String, value: Double)? {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, let value = Double(parts[1]), value.isFinite else { return nil }
    return (parts[0], value)
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
