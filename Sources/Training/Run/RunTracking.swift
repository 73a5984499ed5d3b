internal import Foundation
internal import Imaging
internal import Tracking

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Tells the trackers of a run. Nothing here throws: what cannot be written is warned of.
final class RunTracking {
  private let queue: TrackerQueue
  private let settings: TrackingSettings
  private var lastStep: Int

  /// Nil where nobody is to be told.
  init?(
    _ configuration: TrainingConfiguration, identity: RunIdentity, folder: RunFolder, step: Int,
    emit: @escaping @Sendable (TrainingEvent) -> Void
  ) {
    settings = configuration.tracking
    lastStep = step
    guard !settings.trackers.isEmpty else { return nil }
    let name = URL(fileURLWithPath: configuration.output).deletingPathExtension().lastPathComponent
    let description = (try? json(identity)) ?? "{}"
    var values = (try? JSONDecoder().decode([String: JSONValue].self, from: Data(description.utf8))) ?? [:]
    values["painting_file"] = .string(URL(fileURLWithPath: configuration.painting).lastPathComponent)
    let run = TrackedRun(
      name: name, configuration: values, metrics: [TrackedMetric("loss/total", goal: .minimize)],
      resumedStep: configuration.resume ? step : nil)
    var openers: [(name: String, open: TrackerQueue.Opener)] = []
    for tracker in TrainingTracker.allCases where settings.trackers.contains(tracker) {
      switch tracker {
      case .wandb:
        do {
          let wandb = try settings.wandb ?? folder.wandbSettings(isResumed: configuration.resume)
          guard wandb.mode != .disabled else { continue }
          openers.append(
            (
              "the W&B run",
              { () throws(TrackingError) in
                let tracker = try WandbTracker(run, settings: wandb)
                if wandb.mode == .online {
                  emit(.warning("the W&B run is kept on this machine; send it with: \(wandb.syncCommand(for: tracker.folder))"))
                }
                return tracker
              }
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
    guard !openers.isEmpty else { return nil }
    queue = TrackerQueue(openers) { emit(.warning($0)) }
  }

  /// Whether this step is written down even without a preview.
  func isDue(_ step: Int) -> Bool { step % max(1, settings.interval) == 0 }

  /// Whether this step's parameters and gradients are wanted.
  func wantsHistograms(_ step: Int) -> Bool { settings.histogramInterval > 0 && step % settings.histogramInterval == 0 }

  /// Writes a step down.
  ///
  /// - Parameters:
  ///   - style: the painting, where it is to be shown.
  ///   - preview: inputs and outputs side by side.
  ///   - values: parameters and gradients by name.
  func log(
    _ progress: TrainingProgress, elapsed: Double, style: ImageBuffer?, preview: ImageBuffer?, values: [String: [Float]]
  ) {
    var row = TrackedRow(step: progress.step, runtime: elapsed, values: values)
    for (term, value) in progress.losses { row.scalars["loss/" + term] = value }
    for (term, value) in progress.weightedLosses { row.scalars["weighted/" + term] = value }
    row.scalars["loss/total"] = progress.total
    row.scalars["learning_rate"] = progress.learningRate
    row.scalars["gradient_norm"] = progress.gradientNorm
    row.scalars["pictures_per_second"] = progress.picturesPerSecond
    row.scalars["loader_wait"] = progress.waited
    row.scalars["memory_peak_mb"] = RunTracking.peakMemory
    if let style { row.images["style"] = [TrackedImage(style, caption: "the painting")] }
    if let preview { row.images["previews"] = [TrackedImage(preview, caption: "step \(progress.step): photographs, painted")] }
    lastStep = progress.step
    queue.log(row)
  }

  /// Waits for a moment until all is written.
  func flush() { queue.flush(timeout: 1) }

  /// Ends the run.
  ///
  /// - Parameter style: the finished style's file.
  func finish(exitCode: Int, style: String?) {
    if let style { queue.add(file: style, as: URL(fileURLWithPath: style).lastPathComponent) }
    let state = style != nil ? "finished" : exitCode == 130 ? "stopped" : "failed"
    queue.summarize(["steps": .integer(lastStep), "state": .string(state)])
    queue.finish(exitCode: exitCode)
  }

  /// The most memory that the program has had, in MB of a million bytes.
  private static var peakMemory: Double {
    var usage = rusage()
    // 0 is RUSAGE_SELF, whose type glibc's headers leave Swift at odds with. Linux counts in KiB, Darwin in bytes.
    getrusage(0, &usage)
    #if canImport(Glibc)
      return Double(usage.ru_maxrss) * 1024 / 1e6
    #else
      return Double(usage.ru_maxrss) / 1e6
    #endif
  }
}
