internal import Foundation

/// Runs as a table: how they are and how far.
public struct RunTable: Sendable {
  private let runs: [LoggedRun]
  /// Losses that have a column where any run has them.
  private static let losses = ["total", "style", "content", "temporal"]

  /// A table of runs, in their order.
  public init(_ runs: [LoggedRun]) {
    self.runs = runs
  }

  /// The columns' names.
  public var columns: [String] { ["run", "style", "recipe", "state", "steps"] + shown + ["time", "begun"] }

  /// A row for each run.
  public var rows: [[String]] {
    runs.map { run in
      let steps = run.state == .finished ? "\(run.step)" : "\(run.step)\(run.iterations.map { " of \($0)" } ?? "")"
      return [run.path, run.paintingName ?? "–", run.recipeName ?? "–", run.state.rawValue, steps]
        + shown.map { run.last("loss/" + $0).map(RunTable.text) ?? "–" }
        + [RunTable.clock(run.runtime), run.began.map(RunTable.date) ?? "–"]
    }
  }

  /// Columns of equal width; numbers stand at the right.
  public var text: String {
    let lines = [columns] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.enumerated().map { index, cell in
        let space = String(repeating: " ", count: widths[index] - cell.count)
        return index < 4 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private var shown: [String] {
    RunTable.losses.filter { loss in runs.contains { $0.last("loss/" + loss) != nil } }
  }

  /// Three digits.
  static func text(_ value: Double) -> String {
    let size = abs(value)
    return String(format: size != 0 && (size >= 1e5 || size < 1e-3) ? "%.2e" : size >= 100 ? "%.0f" : "%.3g", value)
  }

  /// `H:MM:SS`.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9).rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  /// `YYYY-MM-DD HH:MM`, local time.
  static func date(_ date: Date) -> String {
    let parts = Calendar(identifier: .gregorian).dateComponents([.year, .month, .day, .hour, .minute], from: date)
    return String(
      format: "%04d-%02d-%02d %02d:%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0, parts.minute ?? 0)
  }
}

extension RunTable {
  /// A run's facts for programs.
  public struct Entry: Encodable, Sendable {
    /// The run's folder.
    public var path: String
    /// What it is called.
    public var name: String
    /// The painting's file name.
    public var style: String?
    /// The recipe's name.
    public var recipe: String?
    /// How it is.
    public var state: LoggedRun.State
    /// Steps taken.
    public var step: Int
    /// Steps to take, where a number of steps ends the run.
    public var iterations: Int?
    /// Means over the last twenty steps, by term.
    public var losses: [String: Double]
    /// Seconds that it has taken.
    public var seconds: Double
    /// Seconds since 1970 when it was begun.
    public var began: Double?
  }

  /// The same for programs.
  public var entries: [Entry] {
    runs.map { run in
      var losses: [String: Double] = [:]
      for metric in run.metrics where metric.hasPrefix("loss/") { losses[String(metric.dropFirst(5))] = run.last(metric) }
      return Entry(
        path: run.path, name: run.name, style: run.paintingName, recipe: run.recipeName, state: run.state, step: run.step,
        iterations: run.iterations, losses: losses, seconds: run.runtime, began: run.began?.timeIntervalSince1970)
    }
  }
}
