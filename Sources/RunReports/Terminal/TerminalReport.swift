internal import Foundation
internal import Reports

/// Runs as text: what they are, a plot of each number that is asked for, and one line for each other loss.
public struct TerminalReport: Sendable {
  private let runs: [LoggedRun]
  private let metrics: [String]
  private let look: TerminalLook
  private static let rows = 12

  /// A report on runs, which share their plots.
  ///
  /// - Parameters:
  ///   - runs: what to report on.
  ///   - metrics: numbers to plot; empty for the total loss.
  ///   - look: how wide, and in which characters.
  /// - Throws: `RunReportError.unknownMetric`.
  public init(_ runs: [LoggedRun], metrics: [String] = [], look: TerminalLook) throws(RunReportError) {
    self.runs = runs
    self.look = look
    let known = Set(runs.flatMap(\.metrics))
    for metric in metrics where !known.contains(metric) { throw .unknownMetric(name: metric, known: known.sorted()) }
    self.metrics = metrics.isEmpty ? ["loss/total"].filter(known.contains) : metrics
  }

  /// The report, ending with a line feed.
  public var text: String {
    var text = ""
    for (index, run) in runs.enumerated() {
      let mark = runs.count > 1 ? look.coloured(look.isPlain ? "\(look.mark(index)) " : "● ", index) : ""
      text += mark + TerminalReport.facts(run) + "\n"
    }
    for metric in metrics { text += "\n" + plot(metric) }
    let others = runs.flatMap(\.metrics).filter { $0.hasPrefix("loss/") && !metrics.contains($0) }
    let names = Set(others).sorted()
    if !names.isEmpty { text += "\n" }
    let width = names.map(\.count).max() ?? 0
    for name in names {
      for (index, run) in runs.enumerated() {
        text += line(name, run, index, width: width)
      }
    }
    return text
  }

  /// What a run is, in one line.
  static func facts(_ run: LoggedRun) -> String {
    var parts = [run.path]
    parts += [run.paintingName, run.recipeName.map { "recipe \($0)" }].compactMap { $0 }
    let goal = run.state == .finished ? "" : run.iterations.map { " of \($0)" } ?? ""
    parts += [run.state.rawValue, "\(run.step)\(goal) steps", RunTable.clock(run.runtime)]
    return parts.joined(separator: "  ")
  }

  private func plot(_ metric: String) -> String {
    let curves = runs.map { $0.curve(metric).smoothed }
    let points = curves.flatMap(\.points)
    guard let first = points.map(\.step).min(), let last = points.map(\.step).max() else { return "\(metric): no numbers yet\n" }
    let isLogarithmic = curves.contains(where: \.spreadsWidely)
    let scale = PlotScale(of: points.map(\.value), logarithmic: isLogarithmic)
    let labels = labels(scale)
    let margin = labels.values.map(\.count).max() ?? 0
    var canvas = TerminalCanvas(look: look, columns: look.width - margin - 3, rows: TerminalReport.rows)
    let across = PlotScale(lower: Double(first), upper: Double(last))
    for (index, curve) in curves.enumerated() {
      let thin = curve.thinned(to: 8 * canvas.columns).points
      canvas.draw(thin.map { (across.position(Double($0.step)), scale.position($0.value)) }, curve: index)
    }
    var text = metric + (scale.isLogarithmic ? " (logarithmic)" : "") + "\n"
    for row in 0..<canvas.rows {
      let label = labels[row] ?? ""
      let axis = look.isPlain ? (label.isEmpty ? "|" : "+") : (label.isEmpty ? "│" : "┤")
      text += String(repeating: " ", count: margin - label.count) + label + " " + axis + canvas.line(row) + "\n"
    }
    let (left, right) = ("step \(first)", "\(last)")
    text += String(repeating: " ", count: margin + 1) + (look.isPlain ? "+" : "└")
    text += String(repeating: look.isPlain ? "-" : "─", count: canvas.columns) + "\n"
    let gap = max(1, canvas.columns - left.count - right.count)
    return text + String(repeating: " ", count: margin + 2) + left + String(repeating: " ", count: gap) + right + "\n"
  }

  /// Texts of round values by the row that they lie in.
  private func labels(_ scale: PlotScale) -> [Int: String] {
    var labels: [Int: String] = [:]
    for tick in scale.ticks(4) {
      let row = Int(((1 - scale.position(tick)) * Double(TerminalReport.rows - 1)).rounded())
      if labels[row] == nil, labels[row - 1] == nil, labels[row + 1] == nil { labels[row] = PlotScale.text(tick) }
    }
    return labels
  }

  /// One number of one run: its first and last value and its course.
  private func line(_ metric: String, _ run: LoggedRun, _ index: Int, width: Int) -> String {
    let curve = run.curve(metric).smoothed
    guard let first = curve.points.first, let last = run.last(metric) else { return "" }
    let mark = runs.count > 1 ? (look.isPlain ? "\(look.mark(index)) " : "● ") : ""
    let name = metric + String(repeating: " ", count: width - metric.count)
    let numbers = "\(RunTable.text(first.value)) \(look.isPlain ? "->" : "→") \(RunTable.text(last))"
    let space = String(repeating: " ", count: max(1, 22 - numbers.count))
    return look.coloured(mark, index) + name + "  " + numbers + space + look.coloured(spark(curve), index) + "\n"
  }

  /// A curve in one row of characters; logarithms where it spreads widely.
  private func spark(_ curve: Curve) -> String {
    let count = min(40, look.width - 40, curve.points.count)
    guard count > 1 else { return "" }
    let levels: [Character] = look.isPlain ? Array("_.-=*#") : Array("▁▂▃▄▅▆▇█")
    let means = (0..<count).map { column in
      let part = curve.points[(column * curve.points.count / count)..<((column + 1) * curve.points.count / count)]
      return part.map(\.value).reduce(0, +) / Double(max(1, part.count))
    }
    let scale = PlotScale(of: means, logarithmic: curve.spreadsWidely)
    return String(means.map { levels[min(levels.count - 1, max(0, Int(scale.position($0) * Double(levels.count))))] })
  }
}
