internal import Foundation
internal import Imaging
internal import Media
internal import Tracking

/// A run on disk: config.json, tracking.jsonl (a line a step), style.png, previews/, checkpoint.safetensors.
struct RunFolder: Sendable {
  let path: String
  var checkpoint: String { path + "/checkpoint.safetensors" }
  var configuration: String { path + "/config.json" }
  /// The painting as it is learnt.
  var painting: String { path + "/style.png" }
  private var previews: String { path + "/previews" }

  /// Opens a folder for a run: made where there is none, emptied of an earlier run with `replace`; with `resume` as it is. One whose run still goes on is
  /// refused.
  init(_ path: String, resume: Bool, replace: Bool) throws(TrainingError) {
    self.path = path
    let manager = FileManager.default
    if FileLock.isHeld(jsonLines) {
      throw .runFolder(path: path, reason: "has a run that still goes on; stop it first, or choose another with --run")
    }
    let holdsRun = manager.fileExists(atPath: path + "/checkpoint.safetensors")
    if resume, !holdsRun { throw .runFolder(path: path, reason: "holds no checkpoint to resume; leave --resume out to begin") }
    if !resume, holdsRun, !replace {
      throw .runFolder(path: path, reason: "holds a run already; continue it with --resume, or begin anew with --overwrite")
    }
    do {
      try manager.createDirectory(atPath: path + "/previews", withIntermediateDirectories: true)
      if !resume {
        // log.jsonl: earlier versions wrote it.
        for name in ["checkpoint.safetensors", "log.jsonl"] where manager.fileExists(atPath: path + "/" + name) {
          try manager.removeItem(atPath: path + "/" + name)
        }
        for name in try manager.contentsOfDirectory(atPath: path + "/previews") where name.hasPrefix("step-") {
          try manager.removeItem(atPath: path + "/previews/" + name)
        }
      }
      // What a killed run left half-written.
      for name in try manager.contentsOfDirectory(atPath: path) where name.hasPrefix(".") && name.hasSuffix(".part") {
        try manager.removeItem(atPath: path + "/" + name)
      }
    } catch {
      throw .runFolder(path: path, reason: "cannot be made or written to; choose another with --run")
    }
  }

  /// Writes config.json.
  func write(_ identity: RunIdentity) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let file = try AtomicFile(target: configuration, replace: true)
    try file.write([UInt8](try encoder.encode(identity)) + [UInt8(ascii: "\n")])
    try file.commit()
  }

  /// Writes a picture as PNG.
  func write(_ image: ImageBuffer, to path: String, caption: String) throws -> TrackedImage {
    var warnings: [String] = []
    let png = try Picture(image: image).encoded(as: .png, path: path, warnings: &warnings)
    let file = try AtomicFile(target: path, replace: true)
    try file.write(png)
    try file.commit()
    return TrackedImage(png: png, caption: caption, path: path)
  }

  /// Writes the painting, which nothing depends on.
  func show(_ painting: ImageBuffer) -> TrackedImage {
    (try? write(painting, to: self.painting, caption: "the painting")) ?? TrackedImage(painting, caption: "the painting")
  }

  /// Where a step's preview belongs.
  func preview(step: Int) -> String {
    let number = String(step)
    return "\(previews)/step-\(String(repeating: "0", count: max(0, 6 - number.count)))\(number).png"
  }
}
