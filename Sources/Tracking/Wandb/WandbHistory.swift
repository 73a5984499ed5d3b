/// What the summary needs to know of the rows so far.
struct WandbHistory {
  /// Seconds of the run.
  var runtime = 0.0
  private let goals: [String: TrackedMetric.Goal]
  private var best: [String: Double] = [:]

  init(goals: [String: TrackedMetric.Goal]) {
    self.goals = goals
  }

  /// Takes in a row that was written before.
  mutating func add(_ record: WandbRecord.Parsed) {
    guard record.kind == .history else { return }
    runtime = record.items["_runtime"].flatMap(Double.init) ?? runtime
    for key in goals.keys {
      if let value = record.items[key].flatMap(Double.init) { _ = summary(of: key, value) }
    }
  }

  /// A scalar's part of the summary: its last value, and the best where it has a goal.
  mutating func summary(of key: String, _ value: Double) -> JSONValue {
    guard let goal = goals[key] else { return .number(value) }
    if value.isFinite {
      best[key] = best[key].map { goal == .minimize ? min($0, value) : max($0, value) } ?? value
    }
    return .object(["last": .number(value), (goal == .minimize ? "min" : "max"): .number(best[key] ?? value)])
  }
}
