import Foundation
import Reports
import Testing
import Tracking

@testable import RunReports

@Suite struct CurveTests {
  @Test func `smoothing keeps a straight line, and takes noise away`() {
    let line = Curve(points: (0..<1000).map { Curve.Point(step: $0, value: Double($0)) })
    for index in 0..<990 { #expect(abs(line.smoothed.points[index].value - line.points[index].value) < 1e-9) }
    let noise = Curve(points: (0..<1000).map { Curve.Point(step: $0, value: $0 % 2 == 0 ? 1 : -1) })
    let most = noise.smoothed.points.dropFirst(20).map { abs($0.value) }.max() ?? 1
    #expect(most < 0.1)
    #expect(noise.smoothed.points.first?.value == 1)
  }

  @Test func `a thinned curve keeps its peaks and its ends`() {
    var points = (0..<100_000).map { Curve.Point(step: $0, value: sin(Double($0) / 5000)) }
    points[77_777].value = 50
    points[12_345].value = -50
    let thin = Curve(points: points).thinned(to: 400)
    #expect(thin.points.count <= 500 && thin.points.count > 100)
    #expect(thin.points.map(\.value).max() == 50 && thin.points.map(\.value).min() == -50)
    #expect(thin.points.first?.step == 0 && thin.points.last?.step == 99_999)
    #expect(thin.points.map(\.step) == thin.points.map(\.step).sorted())
  }

  @Test(arguments: [(1.0, 21.0, true), (1, 19, false), (0, 100, false), (-1, 1, false)])
  func `logarithms are for wide spreads of what is above 0`(low: Double, high: Double, wide: Bool) {
    #expect(
      Curve(points: [low, high].enumerated().map { Curve.Point(step: $0.offset, value: $0.element) }).spreadsWidely == wide)
  }
}

@Suite struct ScaleTests {
  @Test(arguments: [(0.0, 1.0), (-3, 1e6), (1e-9, 2e-9), (5, 5), (0, 0), (1e-12, 1e12), (-7.5, -7.4)])
  func `ticks are few, round, rising and within`(low: Double, high: Double) {
    for logarithmic in [false, true] {
      let scale = PlotScale(of: [low, high], logarithmic: logarithmic)
      let ticks = scale.ticks(5)
      #expect(ticks.count >= 1 && ticks.count <= 9, "\(ticks)")
      #expect(ticks == ticks.sorted() && ticks.allSatisfy { $0 >= scale.lower && $0 <= scale.upper * (1 + 1e-9) + 1e-9 })
      #expect(scale.position(low) >= 0 && scale.position(high) <= 1 && scale.position(low) <= scale.position(high))
    }
  }

  @Test func `nothing is a scale too`() {
    let scale = PlotScale(of: [.nan, .infinity])
    #expect(scale.lower < scale.upper && scale.position(0.5).isFinite)
  }
}

@Suite struct ReportTests {
  private func runs(_ body: ([LoggedRun]) throws -> Void) throws {
    try inFolder { folder in
      for (name, last) in [("one", 40), ("two", 25)] {
        #expect(Logged.run("\(folder)/\(name).run", name: name, steps: 1...last).finish(exitCode: name == "one" ? 0 : 130))
      }
      try body(["one", "two"].map { try LoggedRun(contentsOf: "\(folder)/\($0).run") })
    }
  }

  @Test func `the table has a row for each run`() throws {
    try runs { runs in
      let table = RunTable(runs)
      #expect(table.columns == ["run", "style", "recipe", "state", "steps", "total", "style", "time", "begun"])
      #expect(
        table.rows.map { Array($0[1...4]) } == [
          ["wave.jpg", "balanced", "finished", "40"], ["wave.jpg", "balanced", "stopped", "25 of 60"],
        ])
      #expect(Set(table.text.split(separator: "\n").map(\.count)).count == 1)
      #expect(
        table.entries.map(\.state) == [.finished, .stopped] && table.entries[1].losses.keys.sorted() == ["style", "total"])
    }
  }

  @Test func `into a file curves are drawn with plain characters, on a terminal with Braille`() throws {
    try runs { runs in
      let plain = try TerminalReport(runs, look: TerminalLook(width: 70, isPlain: true)).text
      #expect(plain.unicodeScalars.allSatisfy { $0.isASCII })
      #expect(
        plain.split(separator: "\n").filter { !$0.contains("/one.run") && !$0.contains("/two.run") }.allSatisfy { $0.count <= 70 }
      )
      // The curve rises from the lower left to the upper right; the shorter run lies in its first half.
      let rows = plain.split(separator: "\n").filter { $0.contains("|") || $0.contains(" +") }.map(Array.init)
      let (top, bottom) = (try #require(rows.first), try #require(rows.last { $0.contains("o") }))
      #expect((top.lastIndex(of: "*") ?? 0) > 50 && (bottom.lastIndex(of: "o") ?? 70) < 20)
      #expect((top.firstIndex(of: "o")) == nil && plain.contains("o"))
      let rich = try TerminalReport(runs, metrics: ["loss/style"], look: TerminalLook(width: 70, isPlain: false)).text
      #expect(rich.contains("\u{1B}[34m") && rich.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
      #expect(rich.contains("loss/style (logarithmic)"))
      #expect(throws: RunReportError.unknownMetric(name: "x", known: ["learning_rate", "loss/style", "loss/total"])) {
        try TerminalReport(runs, metrics: ["x"], look: TerminalLook(width: 70, isPlain: true))
      }
    }
  }

  @Test func `the page stands alone, with curves, previews and settings of all runs`() throws {
    try runs { runs in
      let page = RunPage(runs).html
      #expect(!page.contains("<script") && !page.contains("http") && !page.lowercased().contains("nan"))
      #expect(page.contains("&lt;b&gt;&amp;") && !page.contains("<b>&"))
      #expect(page.components(separatedBy: "<polyline class=\"run0\"").count == 4)
      #expect(page.components(separatedBy: "<polyline class=\"run1\"").count == 4)
      #expect(page.components(separatedBy: "data:image/jpeg;base64,").count == 7)
      #expect(page.contains("step 40") && page.contains("recipe.iterations"))
    }
  }

  @Test func `a run without numbers is shown as one`() throws {
    try inFolder { folder in
      #expect(Logged.run(folder, steps: 1...1).finish(exitCode: 1))
      var run = try LoggedRun(contentsOf: folder)
      _ = RunPage([run]).html
      run.rows = []
      #expect(RunPage([run]).html.contains("failed"))
      #expect(try TerminalReport([run], look: TerminalLook(width: 10, isPlain: false)).text.contains("failed"))
      #expect(RunTable([run]).rows[0].dropFirst().starts(with: ["wave.jpg", "balanced", "failed", "0 of 60", "0:00:00"]))
    }
  }
}
