import Foundation
import Testing

@testable import Evaluation

@Suite struct ReportTests {
  static func report() -> EvaluationReport {
    var report = EvaluationReport(style: "<painting> & co", frames: 60)
    for (name, tiles) in [("good.jpg", 0.1), ("bad.jpg", 0.9), ("none.jpg", nil)] {
      var result = EvaluationCase(kind: .picture, source: name, output: "model", picture: PictureScores())
      result.picture?.styleTiles = tiles
      report.add(result)
    }
    var clip = EvaluationCase(kind: .clip, source: "one frame.mp4", output: "model", clip: ClipScores(frames: 1))
    report.add(clip)
    clip.source = "shaky.mp4"
    clip.clip = ClipScores(frames: 3, warpError: 0.1, sourceWarpError: .nan, excess: 0.01)
    clip.clip?.steps = [ClipScores.Step(warpError: 0.1, source: 0.02), ClipScores.Step(warpError: 0, source: 0)]
    report.add(clip)
    return report
  }

  @Test func `the worst come first, and nothing is no number`() {
    let tables = EvaluationTable.tables(of: Self.report())
    #expect(tables.map(\.title) == ["Clips", "Pictures"])
    #expect(tables[0].rows.map { $0[0] } == ["shaky.mp4", "one frame.mp4"])
    #expect(tables[1].rows.map { $0[0] } == ["bad.jpg", "good.jpg", "none.jpg"])
    let text = tables.map(\.text).joined()
    #expect(!text.lowercased().contains("nan"))
    #expect(text.contains("–"))
    #expect(tables[1].means.first?.contains("0.500") == true)
  }

  @Test func `a mean is over what belongs together`() {
    func means(_ cases: [(source: String, output: String)]) -> [[String]] {
      var report = EvaluationReport(style: nil, frames: 60)
      for (source, output) in cases {
        report.add(EvaluationCase(kind: .picture, source: source, output: output, picture: PictureScores()))
      }
      return EvaluationTable.tables(of: report)[0].means.map { Array($0.prefix(2)) }
    }
    // Two models and one photograph have none; pairs of finished files have one; models have one each.
    #expect(means([("a", "one"), ("a", "two")]) == [])
    #expect(means([("a", "b"), ("c", "d")]) == [["mean of 2", ""]])
    #expect(means([("a", "one"), ("a", "two"), ("b", "one"), ("b", "two")]) == [["mean of 2", "one"], ["mean of 2", "two"]])
  }

  @Test func `the page stands alone`() throws {
    let page = try HTMLReport(Self.report()).html()
    #expect(page.contains("&lt;painting&gt; &amp; co"))
    #expect(!page.contains("<script") && !page.contains("http") && !page.lowercased().contains("nan"))
    #expect(page.contains("<polyline"))
  }
}
