import Foundation
import Imaging
import Synchronization
import Tracking

/// Gives an empty folder and removes it afterwards.
func inFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tracking-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}

func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// Whether something comes true, given time. A process that another test starts has what is open and locked here too, until it becomes its own program.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Date(timeIntervalSinceNow: 60)
  while Date() < deadline {
    if try condition() { return true }
    usleep(10_000)
  }
  return try condition()
}

/// What a queue warned of.
final class Warnings: Sendable {
  private let found = Mutex<[String]>([])
  var all: [String] { found.withLock { $0 } }
  func add(_ text: String) { found.withLock { $0.append(text) } }
}

/// A tracker that notes what it gets, and fails or waits where it is told to.
final class NotingTracker: Tracker {
  final class Notes: Sendable {
    let rows = Mutex<[Int]>([])
    let flushes = Mutex(0)
    let exitCode = Mutex<Int?>(nil)
    let samples = Mutex<[SystemSample]>([])
    let hasSettled = Mutex(false)
  }

  let name: String
  let takesEveryRow: Bool
  private let notes: Notes
  private let failsAt: Int?
  private let delay: Double
  /// Each row waits for a signal.
  private let gate: DispatchSemaphore?

  init(
    _ name: String = "noting", notes: Notes, failsAt: Int? = nil, delay: Double = 0, gate: DispatchSemaphore? = nil,
    takesEveryRow: Bool = false
  ) {
    self.name = name
    self.takesEveryRow = takesEveryRow
    self.notes = notes
    self.failsAt = failsAt
    self.delay = delay
    self.gate = gate
  }

  func write(_ row: PreparedRow) throws(TrackingError) {
    gate?.wait()
    if delay > 0 { usleep(useconds_t(delay * 1e6)) }
    if let failsAt, row.step >= failsAt { throw .diskFull(path: "log") }
    notes.rows.withLock { $0.append(row.step) }
  }

  func summarize(_ values: [String: JSONValue]) throws(TrackingError) {}
  func write(_ sample: SystemSample) throws(TrackingError) { notes.samples.withLock { $0.append(sample) } }
  func settle(until isStopped: () -> Bool) { notes.hasSettled.withLock { $0 = true } }
  func flush() throws(TrackingError) { notes.flushes.withLock { $0 += 1 } }
  func finish(exitCode: Int) throws(TrackingError) { notes.exitCode.withLock { $0 = exitCode } }
}

/// What the sample runs hold; `Tests/Conformance/tracking_readers.py` knows the same.
enum Sample {
  static let configuration: [String: JSONValue] = [
    "recipe": "balanced", "seed": 7, "learning_rate": 0.001, "temporal": true,
    "note": .string(String(repeating: "ü", count: 40_000)),
    "photographs": .object(["size": 256, "batch": 4]),
  ]

  static func run(resumedStep: Int? = nil) -> TrackedRun {
    TrackedRun(
      name: "sample", configuration: configuration, metrics: [TrackedMetric("loss/total", goal: .minimize)],
      resumedStep: resumedStep)
  }

  /// Numbers that a 32-bit float holds exactly.
  static func row(_ step: Int) -> TrackedRow {
    var row = TrackedRow(step: step, runtime: Double(step) / 2)
    row.scalars = [
      "loss/total": 1000 - Double(step) * 0.125, "loss/style": Double(step % 7), "learning_rate": 0.25 / Double(step),
    ]
    if step % 25 == 0 {
      row.values["gradients/conv1.weight"] = (0..<1000).map { Float(($0 * 37 + step) % 500) / 4 }
      row.values["parameters/conv1.bias"] = [.nan, 1, 1, .infinity]
    }
    if step % 50 == 0 {
      row.images["previews"] = [TrackedImage(picture(step, 24, 16), caption: "step \(step)")]
      row.images["pair"] = (0..<2).map { TrackedImage(picture(step + $0, 8, 8), caption: "\($0)") }
    }
    return row
  }

  /// Red is the column, green the row, blue the seed.
  static func picture(_ seed: Int, _ width: Int, _ height: Int) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      for index in 0..<(width * height) {
        bytes[3 * index] = UInt8(index % width)
        bytes[3 * index + 1] = UInt8(index / width)
        bytes[3 * index + 2] = UInt8(seed % 256)
      }
    }
  }

  /// All three trackers on one queue.
  static func queue(
    _ folder: String, resumedStep: Int? = nil, limits: TrackerQueue.Limits = .init(), warnings: Warnings
  ) throws -> TrackerQueue {
    let run = run(resumedStep: resumedStep)
    let settings = try WandbSettings(
      environment: [
        "WANDB_RUN_ID": "sample01", "WANDB_PROJECT": "paintings", "WANDB_ENTITY": "somebody", "WANDB_TAGS": "one, two",
        "WANDB_RUN_GROUP": "group", "WANDB_NOTES": "a note",
      ], folder: folder)
    return TrackerQueue(
      [
        ("W&B", { () throws(TrackingError) in try WandbTracker(run, settings: settings) }),
        ("TensorBoard", { () throws(TrackingError) in try TensorBoardTracker(run, folder: folder + "/tensorboard") }),
        ("JSON", { () throws(TrackingError) in try JSONLinesTracker(run, path: folder + "/tracking.jsonl") }),
      ],
      limits: limits, warn: { warnings.add($0) })
  }
}
