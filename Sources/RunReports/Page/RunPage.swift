internal import Foundation
internal import Reports

/// Runs as one HTML file that needs nothing else: curves, previews over time, the painting and the settings; several runs share their plots.
public struct RunPage: Sendable {
  let runs: [LoggedRun]

  /// A page on runs.
  public init(_ runs: [LoggedRun]) {
    self.runs = runs
  }

  /// Writes the page; it appears when it is whole.
  ///
  /// - Throws: `MediaError` where it cannot be written, or exists and is not to be replaced.
  public func write(to path: String, replace: Bool) throws {
    try page.write(to: path, replace: replace)
  }

  /// The page's text.
  public var html: String { page.text }

  private var page: HTMLPage {
    let title = runs.map(\.name).joined(separator: ", ")
    var body = "<h1>\(HTMLPage.escaped(title))</h1>\n" + overview
    body += section("Losses", metrics { $0.hasPrefix("loss/") })
    body += section("Course", metrics { !$0.contains("/") })
    body += previews
    body += details("Weighted losses", section("", metrics { $0.hasPrefix("weighted/") }))
    body += details(
      "Other numbers",
      section(
        "",
        metrics { name in
          name.contains("/") && !name.hasPrefix("loss/") && !name.hasPrefix("weighted/")
        }))
    body += configurations
    return HTMLPage(title: title, sheet: RunPage.sheet, body: body)
  }

  /// Names of numbers, the total loss first.
  private func metrics(_ isWanted: (String) -> Bool) -> [String] {
    let names = Set(runs.flatMap(\.metrics)).filter(isWanted).sorted()
    return names.filter { $0 == "loss/total" } + names.filter { $0 != "loss/total" }
  }

  private var overview: String {
    let table = RunTable(runs)
    func row(_ cells: [String], _ tag: String) -> String { cells.map { "<\(tag)>\(HTMLPage.escaped($0))</\(tag)>" }.joined() }
    var text = "<div class=\"scroll\"><table class=\"runs\">\n<tr><th></th>\(row(table.columns, "th"))</tr>\n"
    for (index, cells) in table.rows.enumerated() {
      text += "<tr><td>\(RunPage.swatch(index))</td>\(row(cells, "td"))</tr>\n"
    }
    return text + "</table></div>\n<p class=\"facts\">Losses are means over the last \(LoggedRun.lastRows) steps.</p>\n"
  }

  private func section(_ title: String, _ metrics: [String]) -> String {
    let plots = metrics.map(plot).joined()
    guard !plots.isEmpty else { return "" }
    return (title.isEmpty ? "" : "<h2>\(title)</h2>\n") + "<div class=\"plots\">\n\(plots)</div>\n"
  }

  private func details(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<details><summary>\(title)</summary>\n\(content)</details>\n"
  }

  private func plot(_ metric: String) -> String {
    var lines: [LinePlot.Line] = []
    var values: [Double] = []
    var isLogarithmic = false
    var last: [String] = []
    for (index, run) in runs.enumerated() {
      let curve = run.curve(metric)
      guard !curve.points.isEmpty else { continue }
      let smooth = curve.smoothed
      isLogarithmic = isLogarithmic || smooth.spreadsWidely
      // Single outliers must not flatten the rest: the smoothed curve's range decides, with some room for the raw one.
      values += RunPage.range(curve, smooth)
      func points(_ curve: Curve) -> [(x: Double, y: Double)] { curve.points.map { (Double($0.step), $0.value) } }
      if smooth != curve {
        lines.append(LinePlot.Line(points: points(curve.thinned(to: 1200)), style: "run\(index % 8)", isFaint: true))
      }
      lines.append(LinePlot.Line(points: points(smooth.thinned(to: 600)), style: "run\(index % 8)"))
      if let value = run.last(metric) { last.append((runs.count > 1 ? RunPage.swatch(index) : "") + RunTable.text(value)) }
    }
    guard !lines.isEmpty else { return "" }
    let scale = PlotScale(of: values, logarithmic: isLogarithmic)
    for index in lines.indices {
      lines[index].points = lines[index].points.map { ($0.x, min(max($0.y, scale.lower), scale.upper)) }
    }
    let caption =
      "<b>\(HTMLPage.escaped(metric))</b>\(scale.isLogarithmic ? " (logarithmic)" : ""), last \(last.joined(separator: " "))"
    var plot = LinePlot(title: metric, caption: caption, axis: "step", lines: lines, scale: scale)
    (plot.width, plot.height) = metric == "loss/total" ? (1160, 280) : (570, 180)
    return metric == "loss/total" ? plot.svg().replacing("<figure>", with: "<figure class=\"wide\">") : plot.svg()
  }

  /// What the axis must show: the smoothed curve, and of the raw one all but a hundredth at either end.
  private static func range(_ raw: Curve, _ smooth: Curve) -> [Double] {
    let sorted = raw.points.map(\.value).sorted()
    let cut = sorted.count / 100
    return [sorted[cut], sorted[sorted.count - 1 - cut]] + smooth.points.map(\.value)
  }

  static func swatch(_ index: Int) -> String { "<span class=\"swatch run\(index % 8)\"></span>" }

  private static let colours = ["#3a86c8", "#d1495b", "#2a9d5c", "#9b5de5", "#e08e1b", "#17a2a2", "#b5519c", "#8a7f2f"]

  private static let sheet =
    colours.enumerated().map { ".run\($0.offset) { stroke: \($0.element); background: \($0.element) }" }.joined(separator: "\n")
      + """

      table.runs td:nth-child(-n+5), table.runs th:nth-child(-n+5) { text-align: left }
      table.settings td { text-align: left; white-space: normal; overflow-wrap: anywhere }
      polyline { stroke-linejoin: round }
      .swatch { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin: 0 .35em 0 .1em }
      .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(32rem, 100%), 1fr)); gap: .5rem 1.25rem }
      .wide { grid-column: 1 / -1 }
      .strip figure { flex: none; margin: 0 }
      .strip img { display: block; border-radius: 3px }
      details { margin-top: 1.5rem } summary { cursor: pointer; font-weight: 600 }
      """
}
