import Foundation
import Testing

@testable import Tracking

/// A long run: memory stays as it is, and the files hold every row.
@Suite struct LongRunTests {
  /// Memory that this program holds now, MB.
  private static func resident() -> Double {
    var meter = SystemMeter()
    usleep(110_000)
    return (meter.sample()?.resident ?? 0) / 1e6
  }

  private static func steps(of path: String) throws -> (count: Int, isInOrder: Bool) {
    var (count, last, isInOrder) = (0, 0, true)
    let end = try WandbLog.read(path) { record in
      if let parsed = WandbRecord.parsed(record), parsed.kind == .history {
        count += 1
        isInOrder = isInOrder && parsed.step == last + 1
        last = parsed.step ?? 0
      }
      return true
    }
    let length = try bytes(path).count
    #expect(end == length, "something in the file is not whole")
    return (count, isInOrder)
  }

  @Test func `100,000 steps with pictures keep memory flat`() throws {
    let count = 100_000
    try inFolder { folder in
      let warnings = Warnings()
      var limits = TrackerQueue.Limits()
      // A test logs faster than any training; it waits instead of dropping.
      limits.patience = 60
      let queue = try Sample.queue(folder, limits: limits, warnings: warnings)
      var early = 0.0
      let clock = ContinuousClock.now
      for step in 1...count {
        var row = TrackedRow(
          step: step, runtime: Double(step), scalars: ["loss/total": 1 / Double(step), "learning_rate": 0.001])
        if step % 500 == 0 { row.images["previews"] = [TrackedImage(Sample.picture(step, 64, 48))] }
        queue.log(row)
        if step == count / 5 {
          queue.flush(timeout: 60)
          early = Self.resident()
        }
      }
      #expect(queue.finish(exitCode: 0, timeout: 300))
      let late = Self.resident()
      #expect(warnings.all == [])
      #expect(late < early + 24, "\(early) MB after a fifth, \(late) MB at the end")
      let path = try #require(WandbTracker.latest("sample01", in: folder + "/wandb")) + "/run-sample01.wandb"
      let found = try Self.steps(of: path)
      #expect(found.count == count && found.isInOrder)
      print("100,000 steps: \(ContinuousClock.now - clock), \(early) MB, \(late) MB")
    }
  }
}
