internal import Foundation
internal import Imaging
internal import Media

/// A run on disk: config.json, log.jsonl (a line a step), previews/, checkpoint.safetensors.
struct RunFolder: Sendable {
  let path: String
  var checkpoint: String { path + "/checkpoint.safetensors" }
  private var log: String { path + "/log.jsonl" }
  private var previews: String { path + "/previews" }

  /// Opens a folder for a run: made where there is none, emptied of an earlier run with `replace`; with `resume` as it is.
  init(_ path: String, resume: Bool, replace: Bool) throws(TrainingError) {
    self.path = path
    let manager = FileManager.default
    let holdsRun = manager.fileExists(atPath: path + "/checkpoint.safetensors")
    if resume, !holdsRun { throw .runFolder(path: path, reason: "holds no checkpoint to resume; leave --resume out to begin") }
    if !resume, holdsRun, !replace {
      throw .runFolder(path: path, reason: "holds a run already; continue it with --resume, or begin anew with --overwrite")
    }
    do {
      try manager.createDirectory(atPath: path + "/previews", withIntermediateDirectories: true)
      if !resume {
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
    let file = try AtomicFile(target: path + "/config.json", replace: true)
    try file.write([UInt8](try encoder.encode(identity)) + [UInt8(ascii: "\n")])
    try file.commit()
  }

  /// The log, cut behind a step, ready for more: a killed run may have logged steps that its checkpoint does not know.
  func openLog(after step: Int) throws -> LogFile {
    let old = (try? Data(contentsOf: URL(fileURLWithPath: log))) ?? Data()
    var kept = Data()
    for line in old.split(separator: UInt8(ascii: "\n")) {
      guard let entry = try? JSONDecoder().decode(LogFile.Step.self, from: Data(line)), entry.step <= step else { continue }
      kept += line + [UInt8(ascii: "\n")]
    }
    let file = try AtomicFile(target: log, replace: true)
    try file.write([UInt8](kept))
    try file.commit()
    return try LogFile(path: log)
  }

  /// Where a step's preview belongs.
  func preview(step: Int) -> String {
    let number = String(step)
    return "\(previews)/step-\(String(repeating: "0", count: max(0, 6 - number.count)))\(number).png"
  }
}

/// JSON, a line a step.
final class LogFile {
  struct Step: Decodable { var step: Int }

  struct Entry: Encodable {
    var step: Int
    var losses: [String: Double]
    var total: Double
    var learningRate: Double
    var gradientNorm: Double
    var waited: Double
    var picturesPerSecond: Double
    var seconds: Double
  }

  private let path: String
  private let handle: FileHandle

  fileprivate init(path: String) throws {
    self.path = path
    handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
  }

  func append(_ entry: Entry) throws {
    do {
      try handle.write(contentsOf: Data((try json(entry) + "\n").utf8))
    } catch {
      throw TrainingError.file(path: path, reason: "a line could not be written; is the disk full?")
    }
  }
}
