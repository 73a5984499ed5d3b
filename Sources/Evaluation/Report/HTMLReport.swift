internal import Foundation
internal import Imaging
internal import Reports

/// An evaluation as one HTML file that needs nothing else: styles, pictures and plots lie in it, and there is no script.
public struct HTMLReport: Sendable {
  private let report: EvaluationReport

  /// A page for a report.
  public init(_ report: EvaluationReport) {
    self.report = report
  }

  /// Writes the page; it appears when it is whole.
  public func write(to path: String, replace: Bool) throws {
    try page().write(to: path, replace: replace)
  }

  /// The page.
  public func html() throws -> String { try page().text }

  private func page() throws -> HTMLPage {
    var body = "<h1>Evaluation</h1>\n<p>"
    if let style = report.style { body += "Style: \(HTMLPage.escaped(style)). " }
    body += "Up to \(report.frames) frames of each clip. The worst cases come first.</p>\n"
    if !report.problems.isEmpty {
      body += "<ul class=\"problems\">\n"
      for problem in report.problems {
        body += "<li>\(HTMLPage.escaped(problem.source)): \(HTMLPage.escaped(problem.reason))</li>\n"
      }
      body += "</ul>\n"
    }
    for table in EvaluationTable.tables(of: report) { body += html(table) }
    for result in report.cases { body += try html(result) }
    return HTMLPage(title: "Evaluation", sheet: HTMLReport.sheet, body: body)
  }

  private static let sheet = """
    tr.mean td { font-weight: 600 }
    .strip img { height: 160px; width: auto }
    .output { stroke: #d1495b } .source { stroke: #3a86c8 }
    .problems { color: #d1495b }
    """

  private func html(_ table: EvaluationTable) -> String {
    func row(_ cells: [String], _ tag: String) -> String { cells.map { "<\(tag)>\(HTMLPage.escaped($0))</\(tag)>" }.joined() }
    var text = "<h2>\(HTMLPage.escaped(table.title))</h2>\n<div class=\"scroll\"><table>\n<tr>\(row(table.columns, "th"))</tr>\n"
    for line in table.rows { text += "<tr>\(row(line, "td"))</tr>\n" }
    for line in table.means { text += "<tr class=\"mean\">\(row(line, "td"))</tr>\n" }
    return text + "</table></div>\n"
  }

  private func html(_ result: EvaluationCase) throws -> String {
    var text = "<section>\n<h3>\(HTMLPage.escaped(result.source)) – \(HTMLPage.escaped(result.output))</h3>\n"
    text += "<p class=\"facts\">\(HTMLPage.escaped(EvaluationTable.facts(of: result)))</p>\n"
    text += try strip(result.illustration.sources, "source") + strip(result.illustration.outputs, "output")
    if let steps = result.clip?.steps, steps.count > 1 { text += StepPlot(steps: steps).svg() }
    return text + "</section>\n"
  }

  private func strip(_ pictures: [ImageBuffer], _ name: String) throws -> String {
    guard !pictures.isEmpty else { return "" }
    let images = try pictures.map { try HTMLPicture.element($0, alternative: name) }
    return "<div class=\"strip\">\(images.joined())</div>\n"
  }
}
