import Foundation
import Imaging
import Tracking

/// Gives an empty folder and removes it afterwards.
func inFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}

/// Runs to look at.
enum Logged {
  /// A run's folder with these steps written down; the run goes on. Step 13's loss is not a number.
  static func run(_ folder: String, name: String = "one", steps: ClosedRange<Int>, resumedStep: Int? = nil) -> TrackerQueue {
    let run = TrackedRun(
      name: name,
      configuration: [
        "painting_file": "wave.jpg", "seed": 7, "recipe": .object(["name": "balanced", "iterations": 60, "note": "<b>&"]),
      ], resumedStep: resumedStep)
    let queue = TrackerQueue(
      [("JSON", { () throws(TrackingError) in try JSONLinesTracker(run, path: folder + "/tracking.jsonl") })], warn: { _ in })
    for step in steps {
      var row = TrackedRow(step: step, runtime: Double(step) / 2)
      row.scalars = ["loss/total": step == 13 ? .nan : Double(step), "loss/style": 100 / Double(step), "learning_rate": 0.1]
      if step % 10 == 0 { row.images["previews"] = [TrackedImage(ImageBuffer(width: 16, height: 32))] }
      queue.log(row)
    }
    queue.flush()
    return queue
  }
}
