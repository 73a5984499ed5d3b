import Foundation
import Training

/// Shows a run's events: a bar on a terminal, lines now and then elsewhere, or JSON.
struct TrainingPrinter {
  private enum Style { case bar, lines, json, quiet }

  private let style: Style
  private var shown = Date.distantPast

  init(json: Bool, quiet: Bool) {
    style = json ? .json : quiet ? .quiet : Terminal.isInteractive ? .bar : .lines
  }

  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .started(let start):
      json(Started(start))
      let goal = start.iterations.map { ", \($0) steps" } ?? ""
      let begin = start.step > 0 ? ", resumed at step \(start.step)" : start.initialStyle.map { ", from \($0)" } ?? ""
      say(
        "\(start.photographs) photographs, \(start.parameters) parameters\(goal), \(start.device) \(start.precision)\(begin); run folder \(start.runFolder)"
      )
    case .step(let progress): step(progress)
    case .preview(let path, let step): json(Written(event: "preview", path: path, step: step))
    case .checkpoint(let path, let step): json(Written(event: "checkpoint", path: path, step: step))
    case .warning(let text):
      json(Warning(message: text))
      if style != .json, style != .quiet { Terminal.say("warning: \(text)") }
    case .finished(let result): finish(result)
    }
  }

  private mutating func step(_ progress: TrainingProgress) {
    json(Step(progress))
    let interval = style == .bar ? 0.2 : 10.0
    guard Date().timeIntervalSince(shown) >= interval, style == .bar || style == .lines else { return }
    shown = Date()
    let losses = ["style", "tiles", "content", "temporal"].compactMap { name in
      progress.losses[name].map { "\(name) \(String(format: "%.3g", $0))" }
    }.joined(separator: " ")
    let facts =
      String(format: "%3.0f %%", progress.share * 100) + "  step \(progress.step) of \(progress.iterations)  \(losses)  "
      + String(format: "%.1f pictures/s", progress.picturesPerSecond) + "  \(TrainingPrinter.clock(progress.remaining)) left"
    if style == .bar {
      let room = max(8, min(24, Terminal.width - facts.count - 4))
      let filled = Int(progress.share * Double(room))
      Terminal.write(
        "\r\u{1B}[K[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: room - filled))] \(facts)")
    } else {
      Terminal.write(facts + "\n")
    }
  }

  private func finish(_ result: TrainingResult) {
    json(Finished(result))
    let skipped = SkipReason.allCases.compactMap { reason in result.skipped[reason].map { "\($0) \(reason.rawValue)" } }
    if !skipped.isEmpty {
      say("\(result.skipped.values.reduce(0, +)) photographs were skipped: \(skipped.joined(separator: ", "))")
    }
    if let output = result.output {
      say("\(output)  \(result.steps) steps, \(String(format: "%.1f", result.seconds)) s")
    } else {
      say("stopped after step \(result.steps); the state is kept in \(result.checkpoint): add --resume to go on")
    }
  }

  private func say(_ text: String) {
    guard style == .bar || style == .lines else { return }
    Terminal.clearLine()
    Terminal.write(text + "\n")
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e7).rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }

  private func json(_ event: some Encodable) {
    if style == .json { StandardOutput.json(event) }
  }

  private struct Started: Encodable {
    var event = "started"
    var photographs: Int
    var step: Int
    var iterations: Int?
    var parameters: Int
    var device: String
    var precision: String
    var initialStyle: String?
    var runFolder: String

    init(_ start: TrainingStart) {
      photographs = start.photographs
      step = start.step
      iterations = start.iterations
      parameters = start.parameters
      device = start.device
      precision = start.precision
      initialStyle = start.initialStyle
      runFolder = start.runFolder
    }
  }
  private struct Step: Encodable {
    var event = "step"
    var step: Int
    var iterations: Int
    var share: Double
    var losses: [String: Double]
    var total: Double
    var learningRate: Double
    var gradientNorm: Double
    var waited: Double
    var picturesPerSecond: Double
    var remaining: Double

    init(_ progress: TrainingProgress) {
      step = progress.step
      iterations = progress.iterations
      share = progress.share
      losses = progress.losses
      total = progress.total
      learningRate = progress.learningRate
      gradientNorm = progress.gradientNorm
      waited = progress.waited
      picturesPerSecond = progress.picturesPerSecond
      remaining = progress.remaining
    }
  }
  private struct Written: Encodable {
    var event: String
    var path: String
    var step: Int
  }
  private struct Warning: Encodable {
    var event = "warning"
    var message: String
  }
  private struct Finished: Encodable {
    var event = "finished"
    var output: String?
    var steps: Int
    var seconds: Double
    var skipped: [String: Int]
    var checkpoint: String

    init(_ result: TrainingResult) {
      output = result.output
      steps = result.steps
      seconds = result.seconds
      skipped = Dictionary(uniqueKeysWithValues: result.skipped.map { ($0.key.rawValue, $0.value) })
      checkpoint = result.checkpoint
    }
  }
}
