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

  @Option(help: "The painting's title.")
  var title: String?

  @Option(help: "The painter.")
  var artist: String?

  @Option(help: "When it was painted.")
  var year: String?

  @Option(help: "The licence of the weights.")
  var license: String?

  @Option(help: "Where the checkpoint came from.")
  var source: String?

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
    let network = try StyleNetwork(importing: TorchCheckpoint.read(checkpoint))
    guard overwrite || !FileManager.default.fileExists(atPath: output) else {
      throw CommandProblem(message: "\(output) exists already; add --overwrite to replace it", status: Failure.cannotCreate)
    }
    let name = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
    let card = StyleCard(name: name, title: title, artist: artist, year: year, license: license, source: source)
    try StyleFile(network: try network.converted(to: store.type), card: card).write(to: output)
    if !quiet {
      Terminal.write("\(output)  \(network.architecture.family), \(network.architecture.parameterCount) parameters\n")
    }
  }
}

/// A problem that the command itself finds.
struct CommandProblem: Error {
  var message: String
  var status: Int32
}
