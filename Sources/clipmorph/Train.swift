import ArgumentParser
import Fetching
import Foundation
import Media
import Training

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a style from one painting and a folder of photographs.",
    discussion: """
      EXAMPLES
        With the default recipe, on any machine:
          clipmorph train --style starry.jpg --photos photographs/ -o starry.safetensors

        Ten minutes, from a style of your own:
          clipmorph train --style wave.jpg --photos photographs/ --init starry.safetensors --time-budget 10m -o wave.safetensors

        From nothing:
          clipmorph train --style starry.jpg --photos photographs/ --init none --time-budget 1h -o starry.safetensors

        Go on with a run that was interrupted:
          clipmorph train --style starry.jpg --photos photographs/ -o starry.safetensors --resume

        As the original system did it, on a GPU:
          clipmorph train --style starry.jpg --photos photographs/ --recipe original -o starry.safetensors

      The run's folder (OUT.run) holds config.json, tracking.jsonl with a line a step, previews (input and output side by side) and the
      checkpoint from which --resume goes on. Ctrl-C writes a checkpoint and ends; a second Ctrl-C ends at once. clipmorph runs shows
      how runs are doing.

      With --track the run is also written down for others, in the run's folder: for Weights & Biases (the WANDB_* variables count; wandb sync
      sends it) and for TensorBoard (tensorboard --logdir OUT.run/tensorboard). Nothing leaves the machine, unless WANDB_MODE=online is set
      and the wandb tool is installed: then the run is uploaded while it goes on.

      Loss networks' weights are looked for in the folders that CLIPMORPH_WEIGHTS names (separated by colons), then in
      ~/.cache/clipmorph/weights; what is in neither is fetched into the latter first, as by clipmorph fetch, unless --offline is given.

      EXIT STATUS
        0 done, 64 usage, 65 unusable painting or photographs, 66 missing input, 69 no loss network or engine, 70 the loss diverged, 73 output
        cannot be made, 74 reading or writing failed, 78 recipe or style, 129 terminal closed, 130 Ctrl-C,
        143 terminated.
      """)

  @Option(help: "The painting.", completion: .file())
  var style: String

  @Option(help: "The folder of photographs, with all that is in it.", completion: .directory)
  var photos: String

  @Option(name: .shortAndLong, help: "The style file to write (.safetensors).", completion: .file(extensions: ["safetensors"]))
  var output: String

  @Option(help: "How to learn: original, balanced, fast, or a JSON file with settings that differ from one of them.")
  var recipe = "balanced"

  @Option(help: "Steps to take.")
  var iterations: Int?

  @Option(
    help: ArgumentHelp(
      "Time for the whole, such as 90s, 10m or 1.5h; the learning rate is planned to end with it.", valueName: "time"))
  var timeBudget: Duration?

  @Option(help: "Side of the training pictures in pixels, a multiple of 4.")
  var size: Int?

  @Option(help: "Photographs in a step.")
  var batch: Int?

  @Option(help: "Decides initial weights, order and crops of photographs, and noise.")
  var seed: UInt64 = 0

  @Option(help: "What measures: vgg19, vgg19-slim, vgg19-normalised, or combined (the last two).")
  var lossNetwork: LossNetworkChoice?

  @Option(help: "The highest learning rate (default: the recipe's, or two thirds of it from a style).")
  var learningRate: Double?

  @Option(help: "How much the style counts, as a multiple of the recipe's weight.")
  var styleWeight = 1.0

  @Option(help: "How much the photograph's content counts, likewise.")
  var contentWeight = 1.0

  @Option(help: "How much smoothness counts, likewise.")
  var tvWeight = 1.0

  @Option(help: "How much stability under noise counts, likewise.")
  var temporalWeight = 1.0

  @Option(help: "The size of the strokes: 2 doubles them.")
  var strokeSize = 1.0

  @Option(help: ArgumentHelp("The part of the painting to learn, in its pixels.", valueName: "WxH+X+Y"))
  var styleCrop: StyleCrop?

  @Option(
    name: .customLong("init"),
    help: """
      A style to start from: its name or file, or none (default: starry-night; none for --recipe original, and where starry-night has another \
      network).
      """)
  var initialStyle: String?

  @Flag(help: "Go on with the run in the run's folder.")
  var resume = false

  @Option(name: .customLong("run"), help: "The run's folder (default: the output's name with .run).")
  var runFolder: String?

  @Option(help: "Keep shrunk photographs in this folder, for faster runs on large ones.")
  var cache: String?

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 100

  @Option(help: "Steps between previews; 0 for none.")
  var previewEvery = 100

  @Option(
    help: ArgumentHelp("For whom else the run is written down: wandb, tensorboard (jsonl is always on).", valueName: "names"))
  var track: TrackerChoice?

  @Option(help: "Steps between what is written down for them.")
  var trackEvery = 10

  @Option(help: "Steps between histograms of parameters and gradients; 0 for none.")
  var watchEvery = 0

  @Option(help: "Where: auto, cpu, cuda, mps.")
  var device = TrainingDevice.auto

  @Option(help: "In which arithmetic: auto, f32, bf16.")
  var precision = TrainingPrecision.auto

  @Option(help: "Threads that compute.")
  var threads: Int?

  @OptionGroup
  var about: CardArguments

  @Option(help: "The terms of the photographs.")
  var photosLicense: String?

  @Flag(help: "Never fetch missing weights of a loss network.")
  var offline = false

  @Flag(help: "Replace an output or a run that exists.")
  var overwrite = false

  @Flag(help: "Print events as JSON, one a line.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func validate() throws {
    func require(_ good: Bool, _ message: String) throws { if !good { throw ValidationError(message) } }
    if let iterations {
      try require((1...100_000_000).contains(iterations), "--iterations \(iterations) is outside 1 to 100000000")
    }
    if let threads { try require((1...1024).contains(threads), "--threads \(threads) is outside 1 to 1024") }
    try require(iterations == nil || timeBudget == nil, "--iterations and --time-budget exclude each other")
    try require(!(resume && overwrite), "--resume and --overwrite exclude each other")
    try require((0.1...10).contains(strokeSize), "--stroke-size \(strokeSize) is outside 0.1 to 10")
    try require(checkpointEvery >= 1, "--checkpoint-every must be 1 or more")
    try require(previewEvery >= 0, "--preview-every must be 0 or more")
    try require(trackEvery >= 1, "--track-every must be 1 or more")
    try require(watchEvery >= 0, "--watch-every must be 0 or more")
    for (name, weight) in [("style", styleWeight), ("content", contentWeight), ("tv", tvWeight), ("temporal", temporalWeight)] {
      try require(weight >= 0 && weight.isFinite, "--\(name)-weight must be 0 or more")
    }
  }

  func run() async throws {
    var configuration = TrainingConfiguration(recipe: try adjustedRecipe(), painting: style, photographs: photos, output: output)
    configuration.crop = styleCrop
    configuration.strokeSize = strokeSize
    if let runFolder { configuration.runFolder = runFolder }
    configuration.resume = resume
    configuration.replace = overwrite
    configuration.initialStyle = try start(of: configuration)
    if configuration.initialStyle != nil, learningRate == nil { configuration.recipe.learningRate *= 2.0 / 3 }
    configuration.timeBudget = timeBudget?.seconds
    configuration.seed = seed
    configuration.precision = precision
    configuration.device = device
    configuration.threads = threads
    configuration.cache = cache
    configuration.checkpointInterval = checkpointEvery
    configuration.previewInterval = previewEvery
    configuration.tracking.trackers = track?.trackers ?? []
    configuration.tracking.interval = trackEvery
    configuration.tracking.histogramInterval = watchEvery
    configuration.title = about.title
    configuration.artist = about.artist
    configuration.year = about.year
    configuration.license = about.license
    configuration.photographsLicense = photosLicense
    configuration.source = about.source

    try checkOutputs(configuration)
    Signals.deferFirst()
    if !offline { try await fetchMissingWeights(for: configuration.recipe) }
    ProcessMemory.keepFreed()
    var printer = TrainingPrinter(json: json, quiet: quiet)
    var isComplete = false
    for try await event in Trainer(configuration).run(until: { Signals.deferred != nil }) {
      if case .finished(let result) = event { isComplete = result.output != nil }
      printer.show(event)
    }
    // A signal that came with the last step, or ended the wait for an upload, has taken nothing away.
    if !isComplete, let signal = Signals.deferred { throw ExitCode(128 + signal) }
  }

  /// Refuses a style file or a new run's own files that would replace what is learnt from.
  private func checkOutputs(_ configuration: TrainingConfiguration) throws {
    let inputs = [style, recipe, configuration.initialStyle].compactMap(\.self)
    let own = ["config.json", "tracking.jsonl", "style.png", "checkpoint.safetensors"].map { configuration.runFolder + "/" + $0 }
    for path in [output] + (resume ? [] : own) { try checkOutput(path, isNoneOf: inputs) }
  }

  /// Loss networks that are nowhere on this machine, into the cache.
  private func fetchMissingWeights(for recipe: Recipe) async throws {
    let missing = try WeightFiles.missing(for: recipe).compactMap(Resource.named)
    guard !missing.isEmpty, let cache = WeightFiles.cache else { return }
    // What would end the training at once is told before hundreds of megabytes are fetched.
    try checkInput(style)
    guard FileManager.default.fileExists(atPath: photos) else { return }
    var printer = FetchPrinter(json: json, quiet: quiet)
    for resource in missing {
      try await printer.show(resource, of: Mirror.job(resource, into: cache))
    }
  }
}
