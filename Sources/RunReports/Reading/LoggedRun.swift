public import Foundation
public import Tracking

/// A run as its folder tells it.
public struct LoggedRun: Sendable {
  /// How a run is.
  public enum State: String, Sendable, Codable, CaseIterable {
    /// A program works on it.
    case running
    /// It came to its end.
    case finished
    /// Somebody stopped it; it can be resumed.
    case stopped
    /// An error ended it.
    case failed
    /// Its program is gone without a word; it can be resumed.
    case killed
  }

  /// What a step's line says.
  public struct Row: Sendable {
    /// Steps taken.
    public var step: Int
    /// Seconds of the run.
    public var runtime: Double
    /// Numbers by name.
    public var scalars: [String: Double]
  }

  /// A picture of how the run was doing.
  public struct Preview: Sendable, Equatable {
    /// Steps taken.
    public var step: Int
    /// The file.
    public var path: String
  }

  /// The folder, or the log where it was given itself.
  public let path: String
  /// What the run is called.
  public internal(set) var name: String
  /// Its settings.
  public internal(set) var configuration: [String: JSONValue] = [:]
  /// How it is.
  public internal(set) var state = State.killed
  /// When it was begun; nil where nothing tells.
  public internal(set) var began: Date?
  /// The steps in their order: all of them, or only the last ones where it was read as an overview.
  public internal(set) var rows: [Row] = []
  /// Previews in their order.
  public internal(set) var previews: [Preview] = []
  /// The painting's file.
  public internal(set) var painting: String?
  /// What was told of the run as a whole.
  public internal(set) var summary: [String: JSONValue] = [:]

  init(path: String) {
    self.path = path
    let file = URL(fileURLWithPath: path)
    name =
      ["run", "jsonl"].contains(file.pathExtension) ? file.deletingPathExtension().lastPathComponent : file.lastPathComponent
  }

  /// Steps taken.
  public var step: Int { rows.last?.step ?? 0 }
  /// Seconds that it has taken, those before a resume included.
  public var runtime: Double { rows.last?.runtime ?? 0 }
  /// Steps to take in all; nil where a time ends the run, or nothing tells.
  public var iterations: Int? {
    guard configuration["time_budget"] == nil || configuration["time_budget"] == .null else { return nil }
    if case .integer(let count)? = recipe?["iterations"] { return count }
    return nil
  }
  /// The recipe's name.
  public var recipeName: String? { recipe?["name"].flatMap { LoggedRun.text($0) } }
  /// The painting's file name.
  public var paintingName: String? { configuration["painting_file"].flatMap { LoggedRun.text($0) } }

  private var recipe: [String: JSONValue]? {
    if case .object(let values)? = configuration["recipe"] { return values }
    return nil
  }

  private static func text(_ value: JSONValue) -> String? {
    if case .string(let text) = value { return text }
    return nil
  }

  /// Names of its numbers, sorted.
  public var metrics: [String] { Set(rows.flatMap(\.scalars.keys)).sorted() }

  /// The curve of one of its numbers, without values that are not finite.
  public func curve(_ metric: String) -> Curve {
    Curve(points: rows.compactMap { row in row.scalars[metric].map { Curve.Point(step: row.step, value: $0) } })
  }

  /// The mean of a number over the last steps; nil where none has it. One step's value says little, since each sees other photographs.
  public func last(_ metric: String) -> Double? {
    let values = rows.suffix(LoggedRun.lastRows).compactMap { $0.scalars[metric] }.filter(\.isFinite)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// So many steps make a last value.
  static let lastRows = 20
}
