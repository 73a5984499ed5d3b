import ArgumentParser
import Foundation
import Media
import StyleNetworks

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a PyTorch checkpoint into a style file.",
    discussion: """
      Reads checkpoints of ClipMorph's original network and of pytorch/examples' TransformerNet, of any width, in both of torch.save's
      containers. Nothing in the file is executed, and every tensor must fit.

      EXAMPLE
        clipmorph import mosaic.pth -o mosaic.safetensors --title "Mosaic"
        clipmorph stylize portrait.jpg -s mosaic.safetensors
      """)

  @Argument(help: "The checkpoint (.pth).", completion: .file(extensions: ["pth", "pt", "model"]))
  var checkpoint: String

  @Option(name: .shortAndLong, help: "The style file to write (.safetensors).", completion: .file(extensions: ["safetensors"]))
  var output: String

  @OptionGroup
  var about: CardArguments

  @Option(
    name: [.customLong("store"), .customLong("storage")],
    help: "How the numbers are stored: f32, f16 (half the size, the same painting to the eye) or bf16.")
  var store = WeightStorage.f32

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func run() throws {
    try checkInput(checkpoint)
    guard output.hasSuffix(".safetensors") else {
      throw MediaError.unsupportedOutput(path: output, reason: "styles are written as .safetensors; give that extension")
    }
    try checkOutput(output, isNoneOf: [checkpoint])
    let target = try AtomicFile(target: output, replace: overwrite)
    let network = try importedNetwork()
    let name = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
    let card = StyleCard(
      name: name, title: about.title, artist: about.artist, year: about.year, license: about.license, source: about.source)
    try target.write(try StyleFile(network: try network.converted(to: store.type), card: card).serialized())
    try target.commit()
    if !quiet {
      Terminal.write("\(output)  \(network.architecture.family), \(network.architecture.parameterCount) parameters\n")
    }
  }

  private func importedNetwork() throws -> StyleNetwork {
    let state = try TorchCheckpoint.read(checkpoint)
    do throws(StyleNetworkError) {
      return try StyleNetwork(importing: state)
    } catch {
      throw StyleNetworkError.inFile(path: checkpoint, error)
    }
  }
}

/// A problem that the command itself finds.
struct CommandProblem: Error {
  var message: String
  var status: Int32
}
