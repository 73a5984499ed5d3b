internal import Foundation
internal import Tracking

/// Tells the trackers of a run. Nothing here throws: what cannot be written is warned of.
final class RunTracking {
  private let queue: TrackerQueue
  private let settings: TrackingSettings
  private var lastLosses = LastLosses()
  private var noted = Date()
  /// Seconds between two lines of the console log that tell how the run is doing.
  private static let noteInterval = 10.0

  init(
    _ configuration: TrainingConfiguration, identity: RunIdentity, folder: RunFolder, step: Int,
    emit: @escaping @Sendable (TrainingEvent) -> Void
  ) {
    settings = configuration.tracking
    let name = URL(fileURLWithPath: configuration.output).deletingPathExtension().lastPathComponent
    let description = (try? json(identity)) ?? "{}"
    var values = (try? JSONDecoder().decode([String: JSONValue].self, from: Data(description.utf8))) ?? [:]
    if let budget = configuration.timeBudget { values["time_budget"] = .number(budget) }
    values["painting_file"] = .string(URL(fileURLWithPath: configuration.painting).lastPathComponent)
    let run = TrackedRun(
      name: name, configuration: values, metrics: [TrackedMetric("loss/total", goal: .minimize)],
      resumedStep: configuration.resume ? step : nil)
    var openers: [(name: String, open: TrackerQueue.Opener)] = []
    for tracker in TrainingTracker.allCases where tracker == .jsonl || settings.trackers.contains(tracker) {
      switch tracker {
      case .wandb:
        do {
          let wandb = try settings.wandb ?? folder.wandbSettings(isResumed: configuration.resume)
          guard wandb.mode != .disabled else { continue }
          openers.append(
            (
              "the W&B run",
              { () throws(TrackingError) in try WandbTracker(run, settings: wandb) { emit(.warning($0)) } }
            ))
        } catch {
          emit(.warning("the W&B run is left out: \(error)"))
        }
      case .tensorboard:
        let path = folder.tensorBoard
        openers.append(("the TensorBoard log", { () throws(TrackingError) in try TensorBoardTracker(run, folder: path) }))
      case .jsonl:
        let path = folder.jsonLines
        openers.append(("the JSON log", { () throws(TrackingError) in try JSONLinesTracker(run, path: path) }))
      }
    }
    queue = TrackerQueue(openers) { emit(.warning($0)) }
    queue.add(file: folder.configuration, as: "config.json")
  }

  /// Whether this step's parameters and gradients are wanted.
  func wantsHistograms(_ step: Int) -> Bool { settings.histogramInterval > 0 && step % settings.histogramInterval == 0 }

  /// Writes a step down.
  ///
  /// - Parameters:
  ///   - style: the painting, at the first step.
  ///   - preview: inputs and outputs side by side.
  ///   - values: parameters and gradients by name.
  func log(
    _ progress: TrainingProgress, elapsed: Double, style: TrackedImage?, preview: TrackedImage?, values: [String: [Float]]
  ) {
    var row = TrackedRow(step: progress.step, runtime: elapsed, values: values)
    row.isDue = style != nil || preview != nil || !values.isEmpty || progress.step % max(1, settings.interval) == 0
    for (term, value) in progress.losses { row.scalars["loss/" + term] = value }
    for (term, value) in progress.weightedLosses { row.scalars["weighted/" + term] = value }
    row.scalars["loss/total"] = progress.total
    row.scalars["learning_rate"] = progress.learningRate
    row.scalars["gradient_norm"] = progress.gradientNorm
    row.scalars["pictures_per_second"] = progress.picturesPerSecond
    row.scalars["loader_wait"] = progress.waited
    row.scalars["memory_peak_mb"] = SystemSample.peakMemory / 1e6
    if let style { row.images["style"] = [style] }
    if let preview { row.images["previews"] = [preview] }
    lastLosses.add(progress.losses.merging(["total": progress.total]) { value, _ in value })
    queue.log(row)
  }

  /// A line for the run's console log, where there is something to say.
  func note(_ event: TrainingEvent) {
    switch event {
    case .started(let start):
      let begin = start.step > 0 ? ", resumed at step \(start.step)" : ""
      queue.print(
        "\(start.photographs) photographs, \(start.parameters) parameters, \(start.device) \(start.precision)\(begin)")
    case .step(let progress):
      guard Date().timeIntervalSince(noted) >= RunTracking.noteInterval else { return }
      noted = Date()
      let losses = progress.losses.sorted { $0.key < $1.key }.map { "\($0.key) \(String(format: "%.4g", $0.value))" }
      queue.print("step \(progress.step) of \(progress.iterations): \(losses.joined(separator: ", "))")
    case .preview(_, let step): queue.print("preview of step \(step)")
    case .checkpoint(_, let step): queue.print("checkpoint of step \(step)")
    case .warning(let text): queue.print("warning: \(text)")
    case .finished: break
    }
  }

  /// Waits for a moment until all is written.
  func flush() { queue.flush(timeout: 2) }

  /// Ends the run.
  ///
  /// - Parameters:
  ///   - result: with the finished style's file, where there is one.
  ///   - shouldStop: whether an upload is no longer to be waited for.
  func finish(exitCode: Int, result: TrainingResult, until shouldStop: () -> Bool) {
    let state = result.output != nil ? "finished" : exitCode == 130 ? "stopped" : "failed"
    queue.print("\(state) after \(result.steps) steps, \(String(format: "%.1f", result.seconds)) s")
    if let style = result.output {
      queue.add(file: style, as: URL(fileURLWithPath: style).lastPathComponent, kind: .model)
    }
    var values: [String: JSONValue] = [
      "steps": .integer(result.steps), "state": .string(state), "seconds": .number(result.seconds),
      "photographs_skipped": .integer(result.skipped.values.reduce(0, +)),
    ]
    for (term, score) in lastLosses.means { values["final/" + term] = .number(score) }
    queue.summarize(values)
    // An upload may take its time; what is on this machine is written long before.
    queue.finish(exitCode: exitCode, timeout: 150, until: shouldStop)
  }
}

/// Means of the losses over the last steps: one step's value says little, since each sees other photographs.
struct LastLosses {
  private var rows: [[String: Double]] = []
  private static let count = 100

  mutating func add(_ losses: [String: Double]) {
    rows.append(losses)
    if rows.count > LastLosses.count { rows.removeFirst() }
  }

  /// Of each term, over the steps that have it.
  var means: [String: Double] {
    var sums: [String: (sum: Double, count: Int)] = [:]
    for (term, value) in rows.joined() {
      let before = sums[term] ?? (0, 0)
      sums[term] = (before.sum + value, before.count + 1)
    }
    return sums.mapValues { $0.sum / Double($0.count) }
  }
}
