internal import BinaryFormats
internal import Foundation

/// The records of a `.wandb` file, with the field numbers of `wandb_internal.proto` (github.com/wandb/wandb).
enum WandbRecord {
  /// The fields of `Record` that are written here.
  enum Kind: Int {
    case history = 2
    case summary = 3
    case config = 5
    case files = 6
    case stats = 7
    case artifact = 8
    case metric = 12
    case output = 13
    case run = 17
    case exit = 18
    case header = 21
  }

  /// When and by which policy a file is uploaded.
  enum FileKind: Int {
    case other = 0
    case wandb = 1
    case media = 2
  }

  typealias Items = [(key: String, value: JSONValue)]

  static func header(producer: String) -> [UInt8] {
    record(.header) { header in
      header.message(1) { version in
        version.string(1, producer)
        version.string(2, "0.13.0")
      }
    }
  }

  static func run(_ settings: WandbSettings, name: String, items: Items, began: Date, resumedStep: Int?) -> [UInt8] {
    record(.run) { run in
      run.string(1, settings.runID)
      if let entity = settings.entity { run.string(2, entity) }
      run.string(3, settings.project)
      run.message(4) { config in write(items, to: &config, field: 1) }
      if let group = settings.group { run.string(6, group) }
      if let type = settings.jobType { run.string(7, type) }
      run.string(8, settings.name ?? name)
      if let notes = settings.notes { run.string(9, notes) }
      for tag in settings.tags { run.string(10, tag) }
      run.string(13, settings.host)
      if let resumedStep { run.integer(14, resumedStep + 1) }
      timestamp(17, began, in: &run)
    }
  }

  static func config(_ items: Items) -> [UInt8] {
    record(.config) { config in write(items, to: &config, field: 1) }
  }

  static func history(step: Int, _ items: Items) -> [UInt8] {
    record(.history) { history in
      write(items, to: &history, field: 1)
      history.message(2) { $0.integer(1, step) }
    }
  }

  static func summary(_ items: Items) -> [UInt8] {
    record(.summary) { summary in write(items, to: &summary, field: 1) }
  }

  static func metric(_ definition: TrackedMetric) -> [UInt8] {
    record(.metric) { metric in
      metric.string(1, definition.name)
      metric.message(6) { $0.integer(3, 1) }
      if let goal = definition.goal {
        metric.message(7) { summary in
          summary.integer(goal == .minimize ? 1 : 2, 1)
          summary.integer(5, 1)
        }
        metric.integer(8, goal == .minimize ? 1 : 2)
      }
    }
  }

  /// - Parameter path: within the run's `files`.
  static func file(_ path: String, kind: FileKind) -> [UInt8] {
    record(.files) { files in
      files.message(1) { file in
        file.string(1, path)
        file.integer(2, kind == .other ? 1 : 0)
        file.integer(3, kind.rawValue)
      }
    }
  }

  static func output(_ line: String, time: Date) -> [UInt8] {
    record(.output) { output in
      output.integer(1, 1)
      timestamp(2, time, in: &output)
      output.string(3, line + "\n")
    }
  }

  /// What the program takes of the machine.
  static func stats(_ sample: SystemSample) -> [UInt8] {
    record(.stats) { stats in
      timestamp(2, sample.time, in: &stats)
      write(sample.values.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) }, to: &stats, field: 3)
    }
  }

  static func exit(code: Int, runtime: Double) -> [UInt8] {
    record(.exit) { exit in
      exit.integer(1, code)
      exit.integer(2, Int(runtime))
    }
  }

  /// What is read of a record when a run is resumed.
  struct Parsed {
    var kind: Kind
    /// Of a history record.
    var step: Int?
    /// JSON by name, of a history record.
    var items: [String: String] = [:]
  }

  /// Nil for kinds that are not written here.
  static func parsed(_ record: [UInt8]) -> Parsed? {
    guard let fields = ProtobufField.all(in: record[...]) else { return nil }
    for field in fields {
      guard let kind = Kind(rawValue: field.number), case .bytes(let body) = field.value else { continue }
      var parsed = Parsed(kind: kind)
      guard kind == .history, let parts = ProtobufField.all(in: body) else { return parsed }
      for part in parts {
        guard case .bytes(let bytes) = part.value, let inner = ProtobufField.all(in: bytes) else { continue }
        if part.number == 2 {
          guard case .integer(let number)? = inner.first(where: { $0.number == 1 })?.value else { continue }
          parsed.step = Int(truncatingIfNeeded: number)
        } else if part.number == 1, let key = text(1, in: inner) {
          parsed.items[key] = text(16, in: inner)
        }
      }
      return parsed
    }
    return nil
  }

  private static func text(_ number: Int, in fields: [ProtobufField]) -> String? {
    guard case .bytes(let bytes)? = fields.first(where: { $0.number == number })?.value else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func record(_ kind: Kind, _ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var record = ProtobufWriter()
    record.message(kind.rawValue, body)
    return record.bytes
  }

  private static func write(_ items: Items, to message: inout ProtobufWriter, field: Int) {
    for (key, value) in items {
      message.message(field) { item in
        item.string(1, key)
        item.string(16, value.text)
      }
    }
  }

  private static func timestamp(_ field: Int, _ time: Date, in message: inout ProtobufWriter) {
    let seconds = time.timeIntervalSince1970.rounded(.down)
    message.message(field) { timestamp in
      timestamp.integer(1, Int(seconds))
      timestamp.integer(2, Int((time.timeIntervalSince1970 - seconds) * 1e9))
    }
  }
}
