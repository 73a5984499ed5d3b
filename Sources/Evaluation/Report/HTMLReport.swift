internal import Foundation
internal import Imaging
internal import Media

/// An evaluation as one HTML file that needs nothing else: styles, pictures and plots lie in it, and there is no script.
public struct HTMLReport: Sendable {
  private let report: EvaluationReport

  /// A page for a report.
  public init(_ report: EvaluationReport) {
    self.report = report
  }

  /// Writes the page; it appears when it is whole.
  public func write(to path: String, replace: Bool) throws {
    let file = try AtomicFile(target: path, replace: replace)
    try file.write(Array(try html().utf8))
    try file.commit()
  }

  /// The page.
  public func html() throws -> String {
    var body = "<h1>Evaluation</h1>\n<p>"
    if let style = report.style { body += "Style: \(escaped(style)). " }
    body += "Up to \(report.frames) frames of each clip. The worst cases come first.</p>\n"
    if !report.problems.isEmpty {
      body += "<ul class=\"problems\">\n"
      for problem in report.problems { body += "<li>\(escaped(problem.source)): \(escaped(problem.reason))</li>\n" }
      body += "</ul>\n"
    }
    for table in EvaluationTable.tables(of: report) { body += html(table) }
    for result in report.cases { body += try html(result) }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Evaluation</title>
      <style>
      \(HTMLReport.sheet)
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
  }

  private static let sheet = """
    :root { color-scheme: light dark }
    body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
    h2 { margin-top: 2.5rem; font-size: 1.15rem }
    h3 { font-size: 1rem; margin: 2rem 0 .25rem; overflow-wrap: anywhere }
    .scroll { overflow-x: auto }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums }
    th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap }
    th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left }
    tr.mean td { font-weight: 600 }
    .strip { display: flex; gap: 4px; overflow-x: auto; margin: 4px 0 }
    .strip img { height: 160px; width: auto }
    svg { max-width: 100%; height: auto }
    .output { stroke: #d1495b } .source { stroke: #3a86c8 }
    .problems { color: #d1495b }
    figcaption, .facts { opacity: .8; font-size: .9rem }
    figure { margin: .5rem 0 }
    """

  private func html(_ table: EvaluationTable) -> String {
    func row(_ cells: [String], _ tag: String) -> String { cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() }
    var text = "<h2>\(escaped(table.title))</h2>\n<div class=\"scroll\"><table>\n<tr>\(row(table.columns, "th"))</tr>\n"
    for line in table.rows { text += "<tr>\(row(line, "td"))</tr>\n" }
    for line in table.means { text += "<tr class=\"mean\">\(row(line, "td"))</tr>\n" }
    return text + "</table></div>\n"
  }

  private func html(_ result: EvaluationCase) throws -> String {
    var text = "<section>\n<h3>\(escaped(result.source)) – \(escaped(result.output))</h3>\n"
    text += "<p class=\"facts\">\(escaped(EvaluationTable.facts(of: result)))</p>\n"
    text += try strip(result.illustration.sources, "source") + strip(result.illustration.outputs, "output")
    if let steps = result.clip?.steps, steps.count > 1 { text += StepPlot(steps: steps).svg() }
    return text + "</section>\n"
  }

  private func strip(_ pictures: [ImageBuffer], _ name: String) throws -> String {
    guard !pictures.isEmpty else { return "" }
    let images = try pictures.map { picture in
      var warnings: [String] = []
      let bytes = try Picture(image: picture).encoded(as: .jpeg, path: name, warnings: &warnings)
      return "<img alt=\"\(name)\" width=\"\(picture.width)\" height=\"\(picture.height)\""
        + " src=\"data:image/jpeg;base64,\(Data(bytes).base64EncodedString())\">"
    }
    return "<div class=\"strip\">\(images.joined())</div>\n"
  }
}

/// Text as HTML shows it.
func escaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
}
