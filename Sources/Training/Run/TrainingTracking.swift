internal import Foundation
public import Tracking

/// For whom a run is written down as it goes.
public enum TrainingTracker: String, Sendable, Hashable, Codable, CaseIterable {
  /// Weights & Biases: a run's folder for `wandb sync`, by default in the run's folder.
  case wandb
  /// TensorBoard: event files in the run's folder.
  case tensorboard
  /// JSON, a line a step: `tracking.jsonl` in the run's folder. Written in any case; naming it changes nothing.
  case jsonl
}

/// What of a run is written down as it goes.
public struct TrackingSettings: Sendable {
  /// For whom, beside `tracking.jsonl`.
  public var trackers: [TrainingTracker] = []
  /// Steps between rows for them, 1 or more. Steps with a preview or histograms are written too; `tracking.jsonl` has every step.
  public var interval = 10
  /// Steps between histograms of parameters and gradients; 0 for none.
  public var histogramInterval = 0
  /// What the environment says about W&B runs; nil reads it when the run begins.
  public var wandb: WandbSettings?

  /// `tracking.jsonl` alone.
  public init() {}
}

extension RunFolder {
  var tensorBoard: String { path + "/tensorboard" }
  /// The file that every run's folder has.
  static let log = "tracking.jsonl"
  var jsonLines: String { path + "/" + RunFolder.log }
  private var wandbID: String { path + "/wandb-run-id" }

  /// Removes what trackers wrote of an earlier run, apart from W&B's folders: those are runs of their own.
  func forgetTracking() {
    for path in [tensorBoard, jsonLines, jsonLines + ".images", wandbID] { try? FileManager.default.removeItem(atPath: path) }
  }

  /// The environment's settings, with the id under which this run was begun; a new one is noted.
  func wandbSettings(isResumed: Bool) throws -> WandbSettings {
    var settings = try WandbSettings(folder: path)
    let known = (try? String(contentsOfFile: wandbID, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    if isResumed, let known, !known.isEmpty { settings.runID = known }
    try Data((settings.runID + "\n").utf8).write(to: URL(fileURLWithPath: wandbID), options: .atomic)
    return settings
  }
}
