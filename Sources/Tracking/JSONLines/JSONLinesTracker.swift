internal import Foundation

/// Writes JSON, a line for each thing that happens. Every line is an object with `type` and `time` (seconds since 1970):
///
/// | `type` | further keys |
/// |---|---|
/// | `run` | `schema` (1), `name`, `configuration` (an object), `resumed` (the step that is resumed, or null) |
/// | `row` | `step`, `runtime` (seconds), and where there are any: `scalars` (name → number), `images` (name → list of `path` beside this file, `sha256`, `width`, `height`, `caption`), `histograms` (name → `edges`, `counts`, `minimum`, `maximum`, `count`, `excluded`, `sum`, `sum_of_squares`) |
/// | `system` | `values` (name → number): what the program takes of the machine |
/// | `summary` | `values` (an object) |
/// | `file` | `name`, `path` |
/// | `line` | `text` |
/// | `end` | `exit_code` |
///
/// Numbers that JSON does not have are the texts `NaN`, `Infinity` and `-Infinity`.
public final class JSONLinesTracker: Tracker {
  /// What a warning calls it.
  public let name = "the JSON log"
  /// A line a step.
  public let takesEveryRow = true
  /// The file.
  public let path: String
  private let file: AppendingFile
  private var pictures: String { URL(fileURLWithPath: path).path + ".images" }
  private let folder: String

  /// Begins a file, in place of an earlier one; a resumed run goes on in it, after cutting off what it has of later steps. Pictures that are no files yet
  /// go into a folder beside it that is named as the file, with `.images`.
  public init(_ run: TrackedRun, path: String) throws(TrackingError) {
    self.path = path
    folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try makeFolder(folder)
    let exists = FileManager.default.fileExists(atPath: path)
    if exists, let step = run.resumedStep {
      file = try AppendingFile(continuing: path, length: JSONLinesTracker.length(path, upTo: step))
    } else {
      file = exists ? try AppendingFile(continuing: path, length: 0) : try AppendingFile(creating: path)
    }
    file.hold()
    try append(
      "run", run.began,
      [
        "schema": 1, "name": .string(run.name), "configuration": .object(run.configuration),
        "resumed": run.resumedStep.map { .integer($0) } ?? .null,
      ])
    try flush()
  }

  /// A line of type `row`.
  public func write(_ row: PreparedRow) throws(TrackingError) {
    var values: [String: JSONValue] = ["step": .integer(row.step), "runtime": .number(row.runtime)]
    if !row.scalars.isEmpty { values["scalars"] = .object(row.scalars.mapValues { .number($0) }) }
    if !row.images.isEmpty {
      var entries: [String: JSONValue] = [:]
      for (key, images) in row.images { entries[key] = try write(images, key: key, step: row.step) }
      values["images"] = .object(entries)
    }
    if !row.histograms.isEmpty {
      values["histograms"] = .object(
        row.histograms.mapValues { histogram in
          .object([
            "edges": .array(histogram.edges.map { .number($0) }), "counts": .array(histogram.counts.map { .integer($0) }),
            "minimum": .number(histogram.minimum), "maximum": .number(histogram.maximum), "count": .integer(histogram.count),
            "excluded": .integer(histogram.excluded), "sum": .number(histogram.sum),
            "sum_of_squares": .number(histogram.sumOfSquares),
          ])
        })
    }
    try append("row", row.time, values)
  }

  /// A line of type `summary`.
  public func summarize(_ values: [String: JSONValue]) throws(TrackingError) {
    try append("summary", Date(), ["values": .object(values)])
  }

  /// A line of type `system`.
  public func write(_ sample: SystemSample) throws(TrackingError) {
    try append("system", sample.time, ["values": .object(sample.values.mapValues { .number($0) })])
  }

  /// A line of type `file`; the file stays where it is.
  public func add(file path: String, as name: String, kind: TrackedFileKind) throws(TrackingError) {
    try append("file", Date(), ["name": .string(name), "path": .string(path)])
  }

  /// A line of type `line`.
  public func print(_ line: String) throws(TrackingError) {
    try append("line", Date(), ["text": .string(line)])
  }

  /// Hands all lines to the system.
  public func flush() throws(TrackingError) {
    try file.flush()
  }

  /// A line of type `end`.
  public func finish(exitCode: Int) throws(TrackingError) {
    try append("end", Date(), ["exit_code": .integer(exitCode)])
    try flush()
  }

  private func append(_ type: String, _ time: Date, _ values: [String: JSONValue]) throws(TrackingError) {
    var values = values
    values["type"] = .string(type)
    values["time"] = .number(time.timeIntervalSince1970)
    try file.append(Array((JSONValue.object(values).text + "\n").utf8))
  }

  private func write(_ images: [EncodedImage], key: String, step: Int) throws(TrackingError) -> JSONValue {
    var entries: [JSONValue] = []
    for (index, image) in images.enumerated() {
      var path = "\(pictures)/\(fileName(key))_\(step)_\(index).png"
      if let existing = image.path {
        path = URL(fileURLWithPath: existing).path
      } else {
        try makeFolder(pictures)
        try writeFile(image.png, to: path)
      }
      if path.hasPrefix(folder + "/") { path.removeFirst(folder.count + 1) }
      entries.append(
        .object([
          "path": .string(path), "sha256": .string(image.sha256),
          "width": .integer(image.width), "height": .integer(image.height), "caption": .string(image.caption),
        ]))
    }
    return .array(entries)
  }

  private struct Line: Decodable {
    var type: String
    var step: Int?
  }

  /// The length of the lines before the first that is of a later step, tells of the run's end, or is not whole.
  private static func length(_ path: String, upTo step: Int) throws(TrackingError) -> Int {
    let reader = try PieceReader(path)
    var length = 0
    var rest: [UInt8] = []
    while true {
      let piece = try reader.next(1 << 20)
      guard !piece.isEmpty else { return length }
      rest += piece
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(rest[start..<end])), line.type != "end",
          line.step.map({ $0 <= step }) ?? true
        else { return length }
        length += end + 1 - start
        start = end + 1
      }
      rest.removeFirst(start)
    }
  }
}
