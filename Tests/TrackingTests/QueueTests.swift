import Foundation
import Synchronization
import Testing

@testable import Tracking

@Suite struct QueueTests {
  private func queue(
    _ trackers: [NotingTracker.Notes], failing: Int? = nil, delay: Double = 0, gate: DispatchSemaphore? = nil,
    limits: TrackerQueue.Limits = .init(), warnings: Warnings
  ) -> TrackerQueue {
    let openers = trackers.enumerated().map { index, notes -> (name: String, open: TrackerQueue.Opener) in
      (
        "tracker \(index)",
        { () throws(TrackingError) in
          NotingTracker("tracker \(index)", notes: notes, failsAt: index == 0 ? failing : nil, delay: delay, gate: gate)
        }
      )
    }
    return TrackerQueue(openers, limits: limits) { warnings.add($0) }
  }

  @Test func `everything is written in order, and the end waits for it`() {
    let notes = NotingTracker.Notes()
    let warnings = Warnings()
    let queue = queue([notes], warnings: warnings)
    for step in 1...400 { queue.log(TrackedRow(step: step, runtime: 0)) }
    #expect(queue.finish(exitCode: 3))
    #expect(notes.rows.withLock { $0 } == Array(1...400))
    #expect(notes.exitCode.withLock { $0 } == 3)
    #expect(warnings.all == [])
    queue.log(TrackedRow(step: 401, runtime: 0))
    #expect(queue.finish(exitCode: 0))
    #expect(notes.rows.withLock { $0.count } == 400)
  }

  @Test func `a tracker that fails is told of once and left out; the others go on`() {
    let (bad, good) = (NotingTracker.Notes(), NotingTracker.Notes())
    let warnings = Warnings()
    let queue = queue([bad, good], failing: 5, warnings: warnings)
    for step in 1...50 { queue.log(TrackedRow(step: step, runtime: 0)) }
    #expect(queue.finish(exitCode: 0))
    #expect(bad.rows.withLock { $0 } == [1, 2, 3, 4])
    #expect(bad.exitCode.withLock { $0 } == nil)
    #expect(good.rows.withLock { $0.count } == 50)
    #expect(
      warnings.all == ["tracker 0 is left out from here on: the disk is full: log is not complete; free some space"])
  }

  @Test func `a tracker that cannot be opened is told of`() throws {
    let warnings = Warnings()
    let queue = TrackerQueue(
      [("JSON", { () throws(TrackingError) in try JSONLinesTracker(Sample.run(), path: "/dev/null/a/b.jsonl") })],
      warn: { warnings.add($0) })
    queue.log(Sample.row(50))
    #expect(queue.finish(exitCode: 0))
    #expect(warnings.all.count == 1)
    #expect(warnings.all.first?.hasPrefix("JSON is left out: ") == true)
  }

  @Test(.timeLimit(.minutes(1))) func `a slow tracker never holds up the caller; what is dropped is told`() {
    let notes = NotingTracker.Notes()
    let warnings = Warnings()
    var limits = TrackerQueue.Limits()
    limits.rows = 4
    // The tracker stands still until all is logged.
    let gate = DispatchSemaphore(value: 0)
    let queue = queue([notes], gate: gate, limits: limits, warnings: warnings)
    for step in 1...2000 { queue.log(TrackedRow(step: step, runtime: 0)) }
    #expect(notes.rows.withLock { $0.isEmpty })
    for _ in 1...2000 { gate.signal() }
    #expect(queue.finish(exitCode: 0))
    let written = notes.rows.withLock { $0 }
    #expect(written.count >= 4 && written.count < 2000)
    #expect(written == written.sorted())
    #expect(warnings.all == ["\(2000 - written.count) steps were not tracked: writing could not keep up"])
  }

  @Test func `the queue is bounded by bytes too, but takes a large row alone`() {
    let notes = NotingTracker.Notes()
    var limits = TrackerQueue.Limits()
    limits.bytes = 1000
    let queue = queue([notes], limits: limits, warnings: Warnings())
    queue.log(TrackedRow(step: 1, runtime: 0, values: ["a": [Float](repeating: 0, count: 10_000)]))
    #expect(queue.finish(exitCode: 0))
    #expect(notes.rows.withLock { $0 } == [1])
  }

  @Test func `flushing waits for what was logged, and happens by itself`() {
    let notes = NotingTracker.Notes()
    let queue = queue([notes], delay: 0.01, warnings: Warnings())
    for step in 1...20 { queue.log(TrackedRow(step: step, runtime: 0)) }
    #expect(queue.flush())
    #expect(notes.rows.withLock { $0.count } == 20)
    let flushes = notes.flushes.withLock { $0 }
    #expect(flushes >= 1)
    queue.log(TrackedRow(step: 21, runtime: 0))
    #expect(eventually { notes.flushes.withLock { $0 } > flushes })
    #expect(queue.finish(exitCode: 0))
  }

  @Test func `rows between those that are due go to trackers that want every row`() {
    let (all, some) = (NotingTracker.Notes(), NotingTracker.Notes())
    let queue = TrackerQueue(
      [
        ("all", { () throws(TrackingError) in NotingTracker(notes: all, takesEveryRow: true) }),
        ("some", { () throws(TrackingError) in NotingTracker(notes: some) }),
      ], warn: { _ in })
    for step in 1...10 { queue.log(TrackedRow(step: step, runtime: 0, isDue: step % 5 == 0)) }
    #expect(queue.finish(exitCode: 0))
    #expect(all.rows.withLock { $0 } == Array(1...10))
    #expect(some.rows.withLock { $0 } == [5, 10])
  }

  @Test func `a tracker that hangs costs its patience at one flush only`() {
    let notes = NotingTracker.Notes()
    let gate = DispatchSemaphore(value: 0)
    let queue = queue([notes], gate: gate, warnings: Warnings())
    queue.log(TrackedRow(step: 1, runtime: 0))
    queue.log(TrackedRow(step: 2, runtime: 0))
    #expect(!queue.flush(timeout: 0.3))
    let start = Date()
    for _ in 0..<4 { queue.flush(timeout: 20) }
    #expect(Date().timeIntervalSince(start) < 1)
    for _ in 1...2 { gate.signal() }
    #expect(queue.finish(exitCode: 0))
    #expect(notes.rows.withLock { $0 } == [1, 2])
  }

  @Test func `what the program takes of the machine is told by itself`() throws {
    let notes = NotingTracker.Notes()
    var limits = TrackerQueue.Limits()
    limits.flushInterval = 0.05
    limits.sampleInterval = 0.15
    let queue = queue([notes], limits: limits, warnings: Warnings())
    _ = eventually { notes.samples.withLock { $0.count } >= 3 }
    #expect(queue.finish(exitCode: 0))
    #expect(notes.hasSettled.withLock { $0 })
    let samples = notes.samples.withLock { $0 }
    #expect(samples.count >= 3)
    let sample = try #require(samples.last)
    #expect((0...110).contains(sample.processor))
    #expect(sample.resident > 1e6 && sample.resident < sample.total)
    #expect(Set(["cpu", "proc.memory.rssMB", "proc.memory.percent"]).isSubset(of: sample.values.keys))
    #expect(sample.values.values.allSatisfy { $0.isFinite })
  }

  @Test func `a step is logged once`() {
    let notes = NotingTracker.Notes()
    let warnings = Warnings()
    let queue = queue([notes], warnings: warnings)
    for step in [1, 2, 2, 1, 3] { queue.log(TrackedRow(step: step, runtime: 0)) }
    #expect(queue.finish(exitCode: 0))
    #expect(notes.rows.withLock { $0 } == [1, 2, 3])
    #expect(warnings.all == ["2 steps were not tracked: they came after later ones"])
  }

  @Test func `a picture that is none is left out with one warning`() {
    let notes = NotingTracker.Notes()
    let warnings = Warnings()
    let queue = queue([notes], warnings: warnings)
    for step in 1...3 { queue.log(TrackedRow(step: step, runtime: 0, images: ["a": [TrackedImage(png: [1, 2, 3])]])) }
    #expect(queue.finish(exitCode: 0))
    #expect(notes.rows.withLock { $0 } == [1, 2, 3])
    #expect(warnings.all == ["the picture a cannot be written: it is no PNG file"])
  }

  @Test func `a folder that vanishes silences its tracker alone`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      let queue = try Sample.queue(folder, warnings: warnings)
      queue.log(Sample.row(1))
      #expect(queue.flush())
      try FileManager.default.removeItem(atPath: folder + "/wandb")
      queue.log(Sample.row(2))
      #expect(queue.flush())
      queue.log(Sample.row(3))
      #expect(queue.finish(exitCode: 0))
      #expect(warnings.all.count == 1)
      #expect(warnings.all.first?.hasPrefix("the W&B run is left out from here on: ") == true)
      #expect(try String(decoding: bytes(folder + "/tracking.jsonl"), as: UTF8.self).split(separator: "\n").count == 5)
    }
  }

  #if os(Linux)
    @Test func `a full disk is told as one`() throws {
      let file = try AppendingFile(continuing: "/dev/full", length: 0)
      try file.append([1])
      #expect(throws: TrackingError.diskFull(path: "/dev/full")) { try file.flush() }
    }
  #endif
}
