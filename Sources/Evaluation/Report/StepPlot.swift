internal import Reports

/// The warp error of a clip over time, as SVG: the output's and the source's.
struct StepPlot {
  let steps: [ClipScores.Step]

  func svg() -> String {
    // The first value tells of the second frame.
    func line(_ value: (ClipScores.Step) -> Double, _ style: String) -> LinePlot.Line {
      LinePlot.Line(points: steps.enumerated().map { (x: Double($0.offset + 2), y: value($0.element)) }, style: style)
    }
    var plot = LinePlot(
      title: "Warp error from frame to frame", caption: "Warp error from frame to frame: output (red), source (blue).",
      axis: "frame",
      lines: [line({ $0.source }, "source"), line({ $0.warpError }, "output")],
      scale: PlotScale(of: steps.flatMap { [$0.warpError, $0.source] }, fromZero: true))
    plot.height = 160
    return plot.svg()
  }
}
