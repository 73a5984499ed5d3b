public import Foundation

/// What a run is, as it begins or goes on.
public struct TrackedRun: Sendable {
  /// What people call it.
  public var name: String
  /// Its settings.
  public var configuration: [String: JSONValue]
  /// What the scalars mean; those without a definition are written all the same.
  public var metrics: [TrackedMetric]
  /// Steps that a resumed run keeps: what was written of later ones is cut off. Nil for a new run.
  public var resumedStep: Int?
  /// When this program began to work on it.
  public var began: Date

  /// A run.
  public init(
    name: String, configuration: [String: JSONValue] = [:], metrics: [TrackedMetric] = [], resumedStep: Int? = nil,
    began: Date = Date()
  ) {
    self.name = name
    self.configuration = configuration
    self.metrics = metrics
    self.resumedStep = resumedStep
    self.began = began
  }
}

/// What a scalar means.
public struct TrackedMetric: Sendable, Equatable {
  /// Which values are good.
  public enum Goal: Sendable {
    /// Small ones.
    case minimize
    /// Large ones.
    case maximize
  }

  /// The scalar's name.
  public var name: String
  /// Which values are good; the best is then part of the summary.
  public var goal: Goal?

  /// A definition.
  public init(_ name: String, goal: Goal? = nil) {
    self.name = name
    self.goal = goal
  }
}

/// All that is logged of one step.
public struct TrackedRow: Sendable {
  /// Steps taken, from 0; rises from row to row.
  public var step: Int
  /// When.
  public var time: Date
  /// Seconds of the run, those before a resume included.
  public var runtime: Double
  /// Named numbers, such as `loss/content`.
  public var scalars: [String: Double]
  /// Named pictures, one or several under a name.
  public var images: [String: [TrackedImage]]
  /// Named sets of numbers that are shown as histograms, such as `gradients/conv1.weight`.
  public var values: [String: [Float]]
  /// Whether all trackers get it; else only those that take every row.
  public var isDue: Bool

  /// A row.
  public init(
    step: Int, time: Date = Date(), runtime: Double, scalars: [String: Double] = [:], images: [String: [TrackedImage]] = [:],
    values: [String: [Float]] = [:], isDue: Bool = true
  ) {
    self.step = step
    self.time = time
    self.runtime = runtime
    self.scalars = scalars
    self.images = images
    self.values = values
    self.isDue = isDue
  }
}

/// A row whose pictures are encoded and whose histograms are counted, once for all trackers.
public struct PreparedRow: Sendable {
  /// As in `TrackedRow`.
  public var step: Int
  /// As in `TrackedRow`.
  public var time: Date
  /// As in `TrackedRow`.
  public var runtime: Double
  /// As in `TrackedRow`.
  public var scalars: [String: Double]
  /// As in `TrackedRow`.
  public var images: [String: [EncodedImage]]
  /// Of the row's values, 64 bins each.
  public var histograms: [String: Histogram]
}
