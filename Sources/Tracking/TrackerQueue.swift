internal import Foundation

/// Takes writing off the thread that trains: what is logged is put in a queue, and a thread of its own hands it to the trackers.
///
/// A tracker that fails is left out from then on, after one warning; nothing is ever thrown at the caller. The queue holds a bounded amount.
/// Where it is full, `log` waits for a moment once and then drops rows until there is room again; the number of dropped rows is told at the end. Summaries, files,
/// lines of text and the end are never dropped.
public final class TrackerQueue: @unchecked Sendable {
  /// How much it holds and how long it waits.
  public struct Limits: Sendable {
    /// Rows that wait to be written.
    public var rows = 512
    /// Bytes of their pictures and values.
    public var bytes = 256 << 20
    /// Seconds that `log` waits for room at most.
    public var patience = 0.05
    /// Seconds between two flushes.
    public var flushInterval = 0.5
    /// Seconds between two samples of what the program takes of the machine; the first comes early. Infinite for one at the end alone.
    public var sampleInterval = 15.0

    /// The usual limits.
    public init() {}
  }

  /// Opens a tracker, on the queue's thread.
  public typealias Opener = @Sendable () throws(TrackingError) -> any Tracker

  private enum Job: Sendable {
    case open(name: String, Opener)
    case row(TrackedRow)
    case summary([String: JSONValue])
    case file(path: String, name: String, kind: TrackedFileKind)
    case line(String)
    case flush
    case finish(exitCode: Int)
  }

  private let limits: Limits
  private let warn: @Sendable (String) -> Void
  // All of these are guarded by the condition.
  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var rows = 0
  private var bytes = 0
  private var lastStep = Int.min
  private var droppedRows = 0
  private var repeatedRows = 0
  private var isStalled = false
  private var hasLagged = false
  private var isClosed = false
  private var added = 0
  private var completed = 0
  private var hasEnded = false
  /// Whether an upload is no longer waited for.
  private var hurries = false

  /// Starts the thread and opens the trackers on it.
  ///
  /// - Parameters:
  ///   - trackers: what opens each, with its name for warnings.
  ///   - limits: how much may wait, and for how long.
  ///   - warn: told, on the queue's thread, what did not work.
  public init(
    _ trackers: [(name: String, open: Opener)], limits: Limits = Limits(), warn: @escaping @Sendable (String) -> Void
  ) {
    self.limits = limits
    self.warn = warn
    for tracker in trackers { jobs.append(.open(name: tracker.name, tracker.open)) }
    added = jobs.count
    let thread = Thread { [self] in work() }
    thread.name = "clipmorph.tracking"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Logs a step. Returns at once, or after `patience` seconds where the queue is full. Rows whose step does not rise are left out.
  public func log(_ row: TrackedRow) {
    let size = TrackerQueue.size(row)
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed else { return }
    guard row.step > lastStep else {
      repeatedRows += 1
      return
    }
    let deadline = Date(timeIntervalSinceNow: isStalled ? 0 : limits.patience)
    while isFull(size), !isStalled, wait(until: deadline) {}
    guard !isFull(size) else {
      isStalled = true
      droppedRows += 1
      return
    }
    isStalled = false
    lastStep = row.step
    rows += 1
    bytes += size
    push(.row(row))
  }

  /// Sets values that tell of the run as a whole.
  public func summarize(_ values: [String: JSONValue]) { add(.summary(values)) }

  /// Keeps a copy of a file with the run; it is read later.
  public func add(file path: String, as name: String, kind: TrackedFileKind = .other) {
    add(.file(path: path, name: name, kind: kind))
  }

  /// Writes a line of what the run tells.
  public func print(_ line: String) { add(.line(line)) }

  /// Waits until what was logged so far is written, for `seconds` at most. False where that was too short.
  @discardableResult
  public func flush(timeout seconds: Double = 10) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed else { return hasEnded }
    push(.flush)
    let target = added
    let deadline = Date(timeIntervalSinceNow: hasLagged ? min(seconds, limits.patience) : seconds)
    while completed < target, wait(until: deadline) {}
    // A disk that hangs costs the whole patience once, not at each flush.
    hasLagged = completed < target
    return !hasLagged
  }

  /// Ends the run and waits until all is written, for `seconds` at most. False where that was too short. Nothing can be logged after it.
  /// Once `isStopped` says so, what is going on elsewhere, an upload, is not waited for.
  @discardableResult
  public func finish(exitCode: Int, timeout seconds: Double = 30, until isStopped: () -> Bool = { false }) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if !isClosed {
      push(.finish(exitCode: exitCode))
      isClosed = true
    }
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !hasEnded, wait(until: deadline) { hurries = hurries || isStopped() }
    return hasEnded
  }

  /// Waits for a change; false where the time is over. Nobody waits for more than a moment at once: glibc before 2.41 may lose a wake-up under load
  /// (its bug 25847), which must not cost more than that moment.
  private func wait(until deadline: Date) -> Bool {
    guard deadline.timeIntervalSinceNow > 0 else { return false }
    _ = condition.wait(until: min(deadline, Date(timeIntervalSinceNow: TrackerQueue.moment)))
    return true
  }

  private static let moment = 0.25

  private func add(_ job: Job) {
    condition.lock()
    if !isClosed { push(job) }
    condition.unlock()
  }

  private func push(_ job: Job) {
    jobs.append(job)
    added += 1
    condition.broadcast()
  }

  /// A row that is larger than the queue is taken where nothing else waits.
  private func isFull(_ size: Int) -> Bool {
    rows >= limits.rows || rows > 0 && bytes + size > limits.bytes
  }

  private static func size(_ row: TrackedRow) -> Int {
    row.images.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.size } } + row.values.values.reduce(0) { $0 + 4 * $1.count }
  }
}

/// The queue's thread.
extension TrackerQueue {
  private func work() {
    var desk = TrackerDesk(warn: warn)
    var meter = SystemMeter()
    var lastFlush = Date()
    let samples = limits.sampleInterval.isFinite
    var nextSample = Date(timeIntervalSinceNow: min(2, limits.sampleInterval))
    while true {
      let batch = nextBatch(until: lastFlush.addingTimeInterval(limits.flushInterval))
      for job in batch {
        let ends = perform(job, &desk, &meter)
        if case .flush = job { lastFlush = Date() }
        condition.lock()
        if case .row(let row) = job {
          rows -= 1
          bytes -= TrackerQueue.size(row)
        }
        completed += 1
        hasEnded = hasEnded || ends
        condition.broadcast()
        condition.unlock()
        if ends { return }
        // In time for a program that is killed.
        if Date().timeIntervalSince(lastFlush) >= limits.flushInterval {
          desk.flush()
          lastFlush = Date()
        }
      }
      if samples, Date() >= nextSample {
        sample(&meter, &desk)
        nextSample = Date(timeIntervalSinceNow: limits.sampleInterval)
      }
      if batch.isEmpty {
        desk.flush()
        desk.tend()
        lastFlush = Date()
      }
    }
  }

  /// What is to be done, or nothing where there is nothing until then.
  private func nextBatch(until deadline: Date) -> [Job] {
    condition.lock()
    defer { condition.unlock() }
    while jobs.isEmpty, wait(until: deadline) {}
    let batch = jobs
    jobs = []
    return batch
  }

  private func sample(_ meter: inout SystemMeter, _ desk: inout TrackerDesk) {
    guard let sample = meter.sample() else { return }
    desk.forEach { tracker throws(TrackingError) in try tracker.write(sample) }
  }

  /// True for the last one.
  private func perform(_ job: Job, _ desk: inout TrackerDesk, _ meter: inout SystemMeter) -> Bool {
    switch job {
    case .open(let name, let open): desk.open(name, open)
    case .row(let row): desk.write(row)
    case .summary(let values): desk.forEach { tracker throws(TrackingError) in try tracker.summarize(values) }
    case .file(let path, let name, let kind):
      desk.forEach { tracker throws(TrackingError) in try tracker.add(file: path, as: name, kind: kind) }
    case .line(let line): desk.forEach { tracker throws(TrackingError) in try tracker.print(line) }
    case .flush: desk.flush()
    case .finish(let exitCode):
      sample(&meter, &desk)
      desk.forEach { tracker throws(TrackingError) in try tracker.finish(exitCode: exitCode) }
      condition.lock()
      let (dropped, repeated) = (droppedRows, repeatedRows)
      condition.unlock()
      if dropped > 0 { warn("\(dropped) steps were not tracked: writing could not keep up") }
      if repeated > 0 { warn("\(repeated) steps were not tracked: they came after later ones") }
      desk.settle {
        condition.lock()
        defer { condition.unlock() }
        return hurries
      }
      return true
    }
    return false
  }
}
