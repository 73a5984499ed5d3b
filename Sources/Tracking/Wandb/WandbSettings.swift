public import Foundation

/// What the environment says about a Weights & Biases run (docs.wandb.ai, "Environment variables").
public struct WandbSettings: Sendable, Equatable {
  /// Whether a run is written, and what its user wants with it.
  public enum Mode: String, Sendable {
    /// Uploaded while it goes on, by the `wandb` tool where it is installed.
    case online
    /// Kept on this machine.
    case offline
    /// Nothing is written.
    case disabled
  }

  /// WANDB_MODE; `offline` where it is not set.
  public var mode = Mode.offline
  /// The folder in which the folder `wandb` is made: WANDB_DIR.
  public var folder: String
  /// WANDB_PROJECT.
  public var project = "clipmorph"
  /// WANDB_ENTITY: the account or team.
  public var entity: String?
  /// WANDB_NAME; the run's own name where it is not set.
  public var name: String?
  /// WANDB_RUN_GROUP.
  public var group: String?
  /// WANDB_JOB_TYPE.
  public var jobType: String?
  /// WANDB_TAGS, separated by commas.
  public var tags: [String] = []
  /// WANDB_NOTES.
  public var notes: String?
  /// WANDB_BASE_URL: the server to which `wandb sync` sends.
  public var baseURL: String?
  /// WANDB_RUN_ID; by chance where it is not set.
  public var runID: String
  /// WANDB_HOST; this machine's name where it is not set.
  public var host: String

  /// Reads the environment.
  ///
  /// - Parameters:
  ///   - environment: the variables.
  ///   - folder: where runs belong without WANDB_DIR.
  /// - Throws: `TrackingError.invalidSetting` for a mode or a run id that cannot be used.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment, folder: String
  ) throws(TrackingError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    self.folder = value("WANDB_DIR") ?? folder
    if let text = value("WANDB_MODE") {
      // `dryrun` and `run` are the old names.
      guard let mode = Mode(rawValue: ["dryrun": "offline", "run": "online"][text] ?? text) else {
        throw .invalidSetting(name: "WANDB_MODE", value: text, reason: "it is none of online, offline, disabled")
      }
      self.mode = mode
    }
    if let text = value("WANDB_DISABLED"), ["1", "true", "yes", "on"].contains(text.lowercased()) { mode = .disabled }
    if let text = value("WANDB_PROJECT") { project = text }
    entity = value("WANDB_ENTITY")
    name = value("WANDB_NAME")
    group = value("WANDB_RUN_GROUP")
    jobType = value("WANDB_JOB_TYPE")
    tags = (value("WANDB_TAGS") ?? "").split(separator: ",")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    notes = value("WANDB_NOTES")
    baseURL = value("WANDB_BASE_URL")
    host = value("WANDB_HOST") ?? ProcessInfo.processInfo.hostName
    if let id = value("WANDB_RUN_ID") {
      runID = id
      try checkRunID()
    } else {
      runID = WandbSettings.newRunID()
    }
  }

  /// Letters and digits by chance.
  public static func newRunID(letters: Int = 8) -> String {
    String((0..<max(1, letters)).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
  }

  /// What sends a run to the server.
  public func syncCommand(for runFolder: String) -> String {
    (baseURL.map { "WANDB_BASE_URL=\($0) " } ?? "") + "wandb sync \(runFolder)"
  }

  func checkRunID() throws(TrackingError) {
    guard (1...128).contains(runID.count), fileName(runID) == runID else {
      throw .invalidSetting(
        name: "WANDB_RUN_ID", value: runID, reason: "it must be 1 to 128 letters, digits, hyphens, dots or underscores")
    }
  }
}
