/// What happens in a run.
public enum TrainingEvent: Sendable {
  /// Everything is loaded; the first step comes next.
  case started(TrainingStart)
  /// A step was taken.
  case step(TrainingProgress)
  /// A picture of inputs and outputs was written.
  case preview(path: String, step: Int)
  /// The run's state was written.
  case checkpoint(path: String, step: Int)
  /// Something that the user should know.
  case warning(String)
  /// The run has ended.
  case finished(TrainingResult)
}

/// A run as it begins.
public struct TrainingStart: Sendable {
  /// Files that look like photographs.
  public var photographs: Int
  /// The steps that were taken before.
  public var step: Int
  /// The steps to take in all; nil under a time budget.
  public var iterations: Int?
  /// The network's learnable numbers.
  public var parameters: Int
  /// `cpu`, `cuda` or `mps`.
  public var device: String
  /// `f32` or `bf16`.
  public var precision: String
  /// The style that it began with; nil for none.
  public var initialStyle: String?
  /// The run's folder.
  public var runFolder: String
}

/// A run under way.
public struct TrainingProgress: Sendable {
  /// Steps taken, from 1.
  public var step: Int
  /// Steps in all; under a time budget, as it looks now.
  public var iterations: Int
  /// What is done, 0…1.
  public var share: Double
  /// Every term's value before its weight; terms that this step left out are missing.
  public var losses: [String: Double]
  /// The same times their weights.
  public var weightedLosses: [String: Double]
  /// The weighted sum.
  public var total: Double
  /// Adam's rate.
  public var learningRate: Double
  /// The gradient's L2 norm before clipping.
  public var gradientNorm: Double
  /// Seconds for which this step waited for its photographs and made a batch of them.
  public var waited: Double
  /// Photographs a second, over the last steps.
  public var picturesPerSecond: Double
  /// Seconds left.
  public var remaining: Double
}

/// A run that has ended.
public struct TrainingResult: Sendable {
  /// The style file; nil where the run was interrupted.
  public var output: String?
  /// Steps taken in all.
  public var steps: Int
  /// Seconds in all, those before a resume included.
  public var seconds: Double
  /// How many files were not used, by reason.
  public var skipped: [SkipReason: Int]
  /// The checkpoint from which `resume` goes on.
  public var checkpoint: String
}
