import ArgumentParser
import Engine
import Evaluation
import Foundation
import Media
import Stylization

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge paintings: style, content, steadiness, artefacts.",
    discussion: """
      Judges a model on photographs and clips, two models side by side, or finished files of any program. docs/EVALUATION.md tells what each
      number means. Style and content are measured with the loss networks that clipmorph fetch vgg19-normalised vgg19-slim brings.

      EXAMPLES
        A model on photographs and clips, with a page of pictures and plots:
          clipmorph evaluate --style starry.jpg --model starry-night --content photographs/ --clips clips/ --report starry.html

        Two models on camera movements with exact flow:
          clipmorph evaluate --model old.safetensors --model new.safetensors --content photographs/ --synthetic

        Finished files, each after its source:
          clipmorph evaluate --pairs ski.mov painted.mp4 portrait.jpg painting.png --style starry.jpg
      """)

  @Option(help: "The painting whose style is meant.", completion: .file())
  var style: String?

  @Option(help: "A style's name or file to judge; may be given twice.")
  var model: [String] = []

  @Option(parsing: .upToNextOption, help: "Photographs for the models to paint, or folders of them.", completion: .file())
  var content: [String] = []

  @Option(parsing: .upToNextOption, help: "Clips for the models to paint, or folders of them.", completion: .file())
  var clips: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Finished pictures and clips, each after its source.", valueName: "source output"), completion: .file())
  var pairs: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: "With --pairs: the clips before they were steadied, one for each clip in order; tells how much sharpness was kept.",
    completion: .file())
  var unstabilized: [String] = []

  @Flag(help: "Also paint camera movements over the first three photographs, whose flow is exactly known.")
  var synthetic = false

  @Option(help: "A folder of frames with measured flow: frame10.png, frame11.png, flow10.flo, in folders of their own.")
  var middlebury: String?

  @Option(help: "Frames of each clip to look at.")
  var frames = 60

  @Option(help: "How a model's clips are steadied: auto, off, static, flow.")
  var stabilize = Stabilization.auto

  @Option(help: "Which of a style's networks: original, balanced, fast, still (default: as stylize).")
  var tier: StyleTier?

  @OptionGroup
  var computing: EngineArguments

  @Option(help: "A page to write: tables, small pictures, plots, in one HTML file.", completion: .file())
  var report: String?

  @Flag(help: "Replace a report that exists.")
  var overwrite = false

  @Flag(help: "Print all numbers as JSON.")
  var json = false

  func validate() throws {
    func require(_ good: Bool, _ message: String) throws { if !good { throw ValidationError(message) } }
    try require((1...100_000).contains(frames), "--frames \(frames) is outside 1 to 100000")
    try require(model.isEmpty != pairs.isEmpty, "give either --model with what it shall paint, or --pairs of finished files")
    try require(model.count <= 2, "--model can be given twice at most")
    try require(pairs.count % 2 == 0, "--pairs takes a source and an output in turns; \(pairs.last ?? "") has no partner")
    try require(unstabilized.isEmpty || !pairs.isEmpty, "--unstabilized belongs to --pairs")
    if pairs.isEmpty {
      try require(!content.isEmpty || !clips.isEmpty || middlebury != nil, "give --content, --clips or --middlebury to paint")
      try require(!synthetic || !content.isEmpty, "--synthetic moves over the photographs of --content; give some")
    } else {
      try require(
        content.isEmpty && clips.isEmpty && middlebury == nil && !synthetic,
        "--content, --clips, --synthetic and --middlebury are for --model; --pairs are finished")
    }
  }

  func run() async throws {
    try checkReport()
    let plan = try makePlan()
    var result = EvaluationReport(style: style, frames: frames)
    var failures: [Failure] = []
    for try await event in EvaluationJob(plan).run() {
      switch event {
      case .started(let sources): EvaluationPrinter.started(sources)
      case .progress(let source, let frames, let total): EvaluationPrinter.progress(source, frames, of: total)
      case .measured(let cases): for measured in cases { result.add(measured) }
      case .failed(let source, let error):
        guard let failure = Failure(error) else { throw error }
        Terminal.say(failure.message)
        result.problems.append(EvaluationReport.Problem(source: source, reason: failure.message))
        failures.append(failure)
      case .finished: Terminal.clearLine()
      }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      StandardOutput.line(String(decoding: try encoder.encode(result), as: UTF8.self))
    } else {
      StandardOutput.line(EvaluationTable.tables(of: result).map(\.text).joined(separator: "\n\n"))
    }
    if let report { try HTMLReport(result).write(to: report, replace: overwrite) }
    if !failures.isEmpty { throw ExitCode(Failure.someInputs) }
  }

  /// Refuses a page that is there, or would replace what is judged.
  private func checkReport() throws {
    guard let report else { return }
    let library = StyleLibrary()
    let styles = model.flatMap { (try? library.reference($0, tier: tier))?.files ?? [] }
    let given = content + clips + pairs + unstabilized + [style, middlebury].compactMap(\.self)
    try checkOutput(report, isNoneOf: styles + given + given.flatMap(filesBelow))
    // Before hours of work, not after them.
    try AtomicFile(target: report, replace: overwrite).discard()
  }

  private func makePlan() throws -> EvaluationPlan {
    var plan = EvaluationPlan()
    plan.artwork = style
    plan.frames = frames
    plan.synthetic = synthetic
    plan.middlebury = middlebury
    plan.illustrates = report != nil
    plan.photographs = try inputs(content, .picture)
    plan.clips = try inputs(clips, .clip)
    var before = unstabilized[...]
    for index in stride(from: 0, to: pairs.count, by: 2) {
      var pair = EvaluationPair(source: pairs[index], output: pairs[index + 1])
      if !unstabilized.isEmpty, (try? MediaKind(path: pair.source)) == .clip { pair.unstabilized = before.popFirst() }
      plan.pairs.append(pair)
    }
    if let left = before.first {
      throw CommandProblem(message: "\(left) belongs to no pair; --unstabilized takes one clip for each", status: Failure.usage)
    }
    plan.contestants = try model.map { try contestant($0, pictures: !plan.photographs.isEmpty, plan: plan) }
    return plan
  }

  /// Files, and those in folders of the kind that is wanted.
  private func inputs(_ arguments: [String], _ kind: MediaKind) throws -> [String] {
    guard !arguments.isEmpty else { return [] }
    return try arguments.flatMap { argument in
      let list = try InputList([argument], output: nil, style: "", recursive: nil)
      let files = list.jobs.map(\.input)
      guard list.isBatch else {
        guard try MediaKind(path: argument) == kind else {
          let (found, option) = kind == .clip ? ("picture", "--content") : ("clip", "--clips")
          throw CommandProblem(message: "\(argument) is a \(found); give it with \(option)", status: Failure.data)
        }
        return files
      }
      return files.filter { (try? MediaKind(path: $0)) == kind }
    }
  }

  private func contestant(_ name: String, pictures: Bool, plan: EvaluationPlan) throws -> Contestant {
    // A file has one network; --tier chooses among those of a style with a name.
    let isFile = FileManager.default.fileExists(atPath: name)
    var painters = Painters(
      library: StyleLibrary(), style: name, tier: isFile ? nil : tier, engine: computing.engine, engineOptions: computing.options,
      options: StylizationOptions(stabilization: stabilize))
    let picture = pictures ? try painters.stylizer(for: .picture) : nil
    let moving = plan.clips.isEmpty && !plan.synthetic && plan.middlebury == nil ? nil : try painters.stylizer(for: .clip)
    return Contestant(
      name: name, paint: { try picture?.stylize($0) ?? $0 },
      clipPainter: {
        let painter = try moving.map { try ClipPainter($0) }
        return { frame in
          guard let painter else { return Contestant.Frame(shown: frame) }
          let painted = try painter.paint(frame)
          return Contestant.Frame(shown: painted.shown, unstabilized: painted.unstabilized)
        }
      })
  }
}
