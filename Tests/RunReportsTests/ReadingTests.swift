import Foundation
import Testing
import Tracking

@testable import RunReports

@Suite struct ReadingTests {
  @Test func `what a tracker wrote comes back`() throws {
    try inFolder { folder in
      let run = folder + "/one.run"
      let queue = Logged.run(run, steps: 1...30)
      #expect(try LoggedRun(contentsOf: run).state == .running)
      queue.summarize(["final/style": 0.5])
      #expect(queue.finish(exitCode: 0))
      for depth in [LoggedRun.Depth.overview, .whole] {
        let logged = try LoggedRun(contentsOf: run, depth: depth)
        #expect(logged.state == .finished && logged.name == "one" && logged.recipeName == "balanced" && logged.iterations == 60)
        #expect(logged.paintingName == "wave.jpg" && logged.step == 30 && logged.runtime == 15)
        #expect(logged.rows.count == (depth == .whole ? 30 : 20))
        #expect(logged.summary["final/style"] == 0.5)
        // Of 11 to 30, without step 13, which is not finite.
        #expect(abs((logged.last("loss/total") ?? 0) - Double((11...30).reduce(0, +) - 13) / 19) < 1e-9)
      }
      #expect(try LoggedRun(contentsOf: run).curve("loss/total").points.count == 29)
      #expect(try LoggedRun(contentsOf: run + "/tracking.jsonl").step == 30)
    }
  }

  @Test(arguments: [(130, LoggedRun.State.stopped), (1, .failed), (0, .finished)])
  func `a run's end tells its state`(code: Int, state: LoggedRun.State) throws {
    try inFolder { folder in
      #expect(Logged.run(folder, steps: 1...3).finish(exitCode: code))
      let ended = try LoggedRun(contentsOf: folder, depth: .overview)
      #expect(ended.state == state)
      let queue = Logged.run(folder, steps: 3...5, resumedStep: 2)
      // The first queue's file may be closed a moment later; the second marks it as its own when it next flushes.
      let deadline = Date(timeIntervalSinceNow: 60)
      while try LoggedRun(contentsOf: folder).state != .running, Date() < deadline { usleep(20_000) }
      let resumed = try LoggedRun(contentsOf: folder)
      #expect(resumed.state == .running)
      #expect(queue.finish(exitCode: 0))
      #expect(try LoggedRun(contentsOf: folder).rows.map(\.step) == [1, 2, 3, 4, 5])
    }
  }

  @Test func `a run without an end whose program is gone was killed, and half a line counts for nothing`() throws {
    try inFolder { folder in
      #expect(Logged.run(folder, steps: 1...9).finish(exitCode: 0))
      let log = folder + "/tracking.jsonl"
      let text = try String(contentsOfFile: log, encoding: .utf8)
      let end = try #require(text.range(of: #""step":9,"#))
      try text[..<end.lowerBound].write(toFile: log, atomically: true, encoding: .utf8)
      let run = try LoggedRun(contentsOf: folder)
      #expect(run.state == .killed && run.rows.map(\.step) == Array(1...8))
    }
  }

  @Test func `the log of earlier versions is read too, and goes before a resumed run's`() throws {
    try inFolder { folder in
      let lines = (1...5).map { step in
        #"{"gradientNorm":2,"learningRate":0.1,"losses":{"style":\#(step)},"picturesPerSecond":3,"seconds":\#(step),"step":\#(step),"total":7,"waited":0}"#
      }
      try (lines.joined(separator: "\n") + "\n").write(toFile: folder + "/log.jsonl", atomically: true, encoding: .utf8)
      let early = try LoggedRun(contentsOf: folder)
      #expect(early.rows.map(\.step) == [1, 2, 3, 4, 5] && early.rows[1].scalars["loss/style"] == 2 && early.runtime == 5)
      #expect(early.state == .running)
      #expect(try LoggedRun(contentsOf: folder, now: Date(timeIntervalSinceNow: 1000)).state == .stopped)
      #expect(Logged.run(folder, steps: 4...6, resumedStep: 3).finish(exitCode: 0))
      #expect(try LoggedRun(contentsOf: folder).rows.map(\.step) == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func `what is no run is said to be none`() throws {
    try inFolder { folder in
      #expect(throws: RunReportError.missing(path: folder + "/x")) { try LoggedRun(contentsOf: folder + "/x") }
      #expect(throws: RunReportError.noRun(path: folder)) { try LoggedRun(contentsOf: folder) }
      #expect(throws: RunReportError.noRuns(folder: folder)) { try RunFinder.runs(in: folder) }
      let log = folder + "/tracking.jsonl"
      for text in ["", "\u{0}\u{1}", "{}\n[1]\n", String(repeating: "x", count: 100_000) + "\n"] {
        try text.write(toFile: log, atomically: true, encoding: .utf8)
        #expect(throws: RunReportError.unreadable(path: log, reason: "none of its lines is one of a run")) {
          try LoggedRun(contentsOf: folder)
        }
      }
    }
  }

  @Test func `runs are found below a folder, sorted, without hidden ones`() throws {
    try inFolder { folder in
      for name in ["b.run", "a.run", "deep/er/c.run", ".hidden/d.run"] {
        #expect(Logged.run("\(folder)/\(name)", steps: 1...1).finish(exitCode: 0))
      }
      let found = try RunFinder.runs(in: folder + "/")
      #expect(found == ["a.run", "b.run", "deep/er/c.run"].map { "\(folder)/\($0)" })
      #expect(try RunFinder.runs(in: folder + "/a.run") == [folder + "/a.run"])
    }
  }
}
