internal import Foundation

/// The warp error of a clip over time, as SVG: the output's and the source's.
struct StepPlot {
  let steps: [ClipScores.Step]

  private static let width = 720.0
  private static let height = 160.0
  /// Room for the numbers at the left and below.
  private static let margin = (left: 52.0, bottom: 22.0, top: 8.0)

  func svg() -> String {
    let (width, height, margin) = (StepPlot.width, StepPlot.height, StepPlot.margin)
    let top = max(1e-6, steps.map { max($0.warpError, $0.source) }.max() ?? 0) * 1.05
    func line(_ values: [Double]) -> String {
      values.enumerated().map { index, value in
        let x = margin.left + Double(index) / Double(max(1, values.count - 1)) * (width - margin.left - 8)
        let y = margin.top + (1 - value / top) * (height - margin.top - margin.bottom)
        return String(format: "%.1f,%.1f", x, y)
      }.joined(separator: " ")
    }
    let floor = height - margin.bottom
    return """
      <figure><svg viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))" role="img">
      <title>Warp error from frame to frame</title>
      <g fill="none" stroke="currentColor" stroke-opacity=".4"><path d="M\(margin.left) \(margin.top)V\(floor)H\(width - 8)"/></g>
      <g fill="currentColor" font-size="11"><text x="\(margin.left - 6)" y="\(margin.top + 9)" text-anchor="end">\(String(format: "%.3f", top))</text>
      <text x="\(margin.left - 6)" y="\(floor)" text-anchor="end">0</text>
      <text x="\(margin.left)" y="\(height - 6)">frame 2</text><text x="\(width - 8)" y="\(height - 6)" text-anchor="end">frame \(steps.count + 1)</text></g>
      <polyline class="source" fill="none" stroke-width="1.5" points="\(line(steps.map(\.source)))"/>
      <polyline class="output" fill="none" stroke-width="1.5" points="\(line(steps.map(\.warpError)))"/>
      </svg><figcaption>Warp error from frame to frame: output (red), source (blue).</figcaption></figure>

      """
  }
}
