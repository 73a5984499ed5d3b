internal import Foundation

/// Curves over a common axis, as SVG for an `HTMLPage`.
public struct LinePlot: Sendable {
  /// A curve.
  public struct Line: Sendable {
    /// Its points from left to right; what is not finite is left out.
    public var points: [(x: Double, y: Double)]
    /// The CSS class that gives its colour.
    public var style: String
    /// Drawn thin and pale, behind the others.
    public var isFaint: Bool

    /// A curve.
    public init(points: [(x: Double, y: Double)], style: String, isFaint: Bool = false) {
      self.points = points
      self.style = style
      self.isFaint = isFaint
    }
  }

  /// What the plot shows, for those who cannot see it, and as its tip.
  public var title: String
  /// A line below, as HTML; empty for none.
  public var caption: String
  /// What the axis counts, such as `step`.
  public var axis: String
  /// The curves.
  public var lines: [Line]
  /// Of the values.
  public var scale: PlotScale
  /// Columns.
  public var width = 720.0
  /// Rows.
  public var height = 200.0

  private static let margin = (left: 60.0, right: 10.0, top: 8.0, bottom: 22.0)

  /// A plot.
  public init(title: String, caption: String = "", axis: String, lines: [Line], scale: PlotScale) {
    self.title = title
    self.caption = caption
    self.axis = axis
    self.lines = lines
    self.scale = scale
  }

  /// The plot in a `figure`.
  public func svg() -> String {
    let margin = LinePlot.margin
    let floor = height - margin.bottom
    let across = across
    func x(_ value: Double) -> Double { margin.left + across.position(value) * (width - margin.left - margin.right) }
    func y(_ value: Double) -> Double { margin.top + (1 - scale.position(value)) * (floor - margin.top) }
    func text(_ x: Double, _ y: Double, _ text: String, end: Bool) -> String {
      String(format: "<text x=\"%.1f\" y=\"%.1f\"", x, y) + (end ? " text-anchor=\"end\">" : ">") + HTMLPage.escaped(text)
        + "</text>"
    }
    var grid = ""
    var labels = ""
    for tick in scale.ticks(height < 150 ? 3 : 5) {
      grid += String(format: "M%.1f %.1fH%.1f", margin.left, y(tick), width - margin.right)
      labels += text(margin.left - 6, y(tick) + 4, PlotScale.text(tick), end: true)
    }
    labels += text(margin.left, height - 6, "\(axis) \(PlotScale.text(across.lower))", end: false)
    labels += text(width - margin.right, height - 6, "\(axis) \(PlotScale.text(across.upper))", end: true)
    let curves = (lines.filter(\.isFaint) + lines.filter { !$0.isFaint }).map { line in
      let points = line.points.filter { $0.x.isFinite && $0.y.isFinite }.map { String(format: "%.1f,%.1f", x($0.x), y($0.y)) }
      let stroke = line.isFaint ? "stroke-width=\"1\" stroke-opacity=\".25\"" : "stroke-width=\"1.5\""
      return "<polyline class=\"\(line.style)\" fill=\"none\" \(stroke) points=\"\(points.joined(separator: " "))\"/>\n"
    }
    let below = caption.isEmpty ? "" : "<figcaption>\(caption)</figcaption>"
    return """
      <figure><svg viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))" role="img">
      <title>\(HTMLPage.escaped(title))</title>
      <g fill="none" stroke="currentColor"><path stroke-opacity=".12" d="\(grid)"/>\
      <path stroke-opacity=".4" d="M\(margin.left) \(margin.top)V\(floor)H\(width - margin.right)"/></g>
      <g fill="currentColor" font-size="11">\(labels)</g>
      \(curves.joined())</svg>\(below)</figure>

      """
  }

  /// From the first point to the last.
  private var across: PlotScale {
    let ends = lines.flatMap { line in [line.points.first?.x, line.points.last?.x].compactMap { $0 } }
    return PlotScale(lower: ends.min() ?? 0, upper: ends.max() ?? 1)
  }
}
