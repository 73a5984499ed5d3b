import Foundation
import Testing

@testable import Tracking

/// Whole runs. With CLIPMORPH_TRACKING_SAMPLES set they stay in that folder, for readers other than our own.
@Suite struct RunTests {
  private func inSampleFolder(_ body: (String) throws -> Void) throws {
    guard let samples = ProcessInfo.processInfo.environment["CLIPMORPH_TRACKING_SAMPLES"], !samples.isEmpty else {
      return try inFolder(body)
    }
    try? FileManager.default.removeItem(atPath: samples)
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: true)
    try body(samples)
  }

  private func wandbFile(_ folder: String) throws -> String {
    let run = try #require(WandbTracker.latest("sample01", in: folder + "/wandb"))
    return run + "/run-sample01.wandb"
  }

  private func records(_ folder: String) throws -> [WandbRecord.Parsed] {
    var records: [WandbRecord.Parsed] = []
    _ = try WandbLog.read(wandbFile(folder)) { record in
      if let parsed = WandbRecord.parsed(record) { records.append(parsed) }
      return true
    }
    return records
  }

  private struct Line: Decodable {
    var type: String
    var step: Int?
    var scalars: [String: Double]?
  }

  private func lines(_ folder: String) throws -> [Line] {
    try bytes(folder + "/tracking.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
  }

  @Test func `a run that was killed at step 200 and resumed from step 150 has every step once`() throws {
    try inSampleFolder { folder in
      let warnings = Warnings()
      // It is never finished, and its thread would go on writing samples into what the second one has taken up.
      var limits = TrackerQueue.Limits()
      limits.sampleInterval = .infinity
      let first = try Sample.queue(folder, limits: limits, warnings: warnings)
      first.print("learning")
      for step in 1...200 { first.log(Sample.row(step)) }
      #expect(first.flush())
      // As a killed program leaves them: the last records are incomplete.
      for path in [try wandbFile(folder), folder + "/tracking.jsonl"] {
        try write(Array(bytes(path).dropLast(17)), to: path)
      }
      #expect(try records(folder).filter { $0.kind == .history }.map(\.step) == Array(1...199))

      let second = try Sample.queue(folder, resumedStep: 150, warnings: warnings)
      for step in 151...260 { second.log(Sample.row(step)) }
      second.summarize(["score": 0.5, "state": "finished"])
      let style = folder + "/style.bin"
      try write([1, 2, 3], to: style)
      second.add(file: style, as: "style.safetensors", kind: .model)
      #expect(second.finish(exitCode: 0))
      #expect(warnings.all == [])

      let records = try records(folder)
      #expect(records.filter { $0.kind == .history }.map(\.step) == Array(1...260))
      #expect(records.first?.kind == .header && records.last?.kind == .exit)
      #expect(records.count { $0.kind == .run } == 1)
      #expect(records.count { $0.kind == .exit } == 1)
      #expect(records.count { $0.kind == .artifact } == 1)
      let lines = try lines(folder)
      #expect(lines.compactMap(\.step) == Array(1...260))
      #expect(lines.map(\.type).filter { !["row", "system"].contains($0) } == ["run", "line", "run", "summary", "file", "end"])
      #expect(lines.first { $0.step == 200 }?.scalars?["loss/total"] == 975)
    }
  }

  @Test func `a run that had come to its end can be taken up`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      for (range, resumed) in [(1...10, nil), (11...20, 10), (16...30, 15)] {
        let queue = try Sample.queue(folder, resumedStep: resumed, warnings: warnings)
        for step in range { queue.log(Sample.row(step)) }
        #expect(queue.finish(exitCode: 0))
      }
      #expect(warnings.all == [])
      #expect(try records(folder).filter { $0.kind == .history }.map(\.step) == Array(1...30))
      #expect(try lines(folder).compactMap(\.step) == Array(1...30))
    }
  }

  @Test func `a resumed run whose W&B folder is gone begins another with the same id`() throws {
    try inFolder { folder in
      let queue = try Sample.queue(folder, resumedStep: 10, warnings: Warnings())
      queue.log(Sample.row(11))
      #expect(queue.finish(exitCode: 0))
      #expect(try records(folder).filter { $0.kind == .history }.map(\.step) == [11])
    }
  }

  @Test func `the best value survives a resume`() throws {
    var history = WandbHistory(goals: ["loss": .minimize])
    history.add(WandbRecord.Parsed(kind: .history, step: 1, items: ["loss": "0.5", "_runtime": "7.5"]))
    #expect(history.runtime == 7.5)
    #expect(history.summary(of: "loss", 2) == .object(["last": 2.0, "min": 0.5]))
    #expect(history.summary(of: "other", 2) == 2.0)
  }

  @Test func `a file that is no W&B run is not touched`() throws {
    try inFolder { folder in
      let run = folder + "/wandb/offline-run-20260101_000000-sample01"
      try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
      try write([1, 2, 3], to: run + "/run-sample01.wandb")
      let warnings = Warnings()
      let queue = try Sample.queue(folder, resumedStep: 1, warnings: warnings)
      #expect(queue.finish(exitCode: 0))
      #expect(warnings.all.count == 1)
      #expect(try bytes(run + "/run-sample01.wandb") == [1, 2, 3])
    }
  }
}

@Suite struct SettingsTests {
  @Test func `the environment's variables are honoured`() throws {
    let settings = try WandbSettings(
      environment: [
        "WANDB_MODE": "online", "WANDB_DIR": "/runs", "WANDB_PROJECT": "p", "WANDB_ENTITY": "e", "WANDB_NAME": "n",
        "WANDB_RUN_GROUP": "g", "WANDB_TAGS": "a, b,,c", "WANDB_BASE_URL": "http://localhost:1", "WANDB_RUN_ID": "abc-1",
        "WANDB_NOTES": "x", "WANDB_JOB_TYPE": "train", "WANDB_HOST": "h",
      ], folder: "here")
    #expect(settings.mode == .online && settings.folder == "/runs" && settings.project == "p" && settings.entity == "e")
    #expect(settings.name == "n" && settings.group == "g" && settings.tags == ["a", "b", "c"] && settings.runID == "abc-1")
    #expect(settings.notes == "x" && settings.jobType == "train" && settings.host == "h")
    #expect(settings.syncCommand(for: "F") == "WANDB_BASE_URL=http://localhost:1 wandb sync F")
  }

  @Test func `without variables nothing leaves the machine`() throws {
    let settings = try WandbSettings(environment: ["WANDB_NAME": ""], folder: "here")
    #expect(settings.mode == .offline && settings.folder == "here" && settings.project == "clipmorph")
    #expect(settings.name == nil && settings.entity == nil && settings.runID.count == 8)
    #expect(try WandbSettings(environment: ["WANDB_DISABLED": "true"], folder: "here").mode == .disabled)
    #expect(try WandbSettings(environment: ["WANDB_MODE": "dryrun"], folder: "here").mode == .offline)
  }

  @Test(arguments: ["a/b", "a b", "ü", "", ".."]) func `run ids that are no good folder names are refused`(id: String) throws {
    if id.isEmpty {
      #expect(try !WandbSettings(environment: ["WANDB_RUN_ID": id], folder: "here").runID.isEmpty)
    } else {
      #expect(throws: TrackingError.self) { try WandbSettings(environment: ["WANDB_RUN_ID": id], folder: "here") }
    }
  }

  @Test func `JSON is written so that every reader understands it`() throws {
    let value = JSONValue.object([
      "a": .array([.null, true, -3, 0.1, .number(1e300)]),
      "ü\"\\\n\u{1}": "x\u{7F}/", "n": .number(.nan), "i": .number(-.infinity),
    ])
    #expect(
      value.text
        == #"{"a":[null,true,-3,0.1,1e+300],"i":"-Infinity","n":"NaN","ü\"\\\n\u0001":"x"# + "\u{7F}" + #"/"}"#)
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(value.text.utf8)) }
  }
}
