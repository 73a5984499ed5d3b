internal import Foundation

/// Writes a Weights & Biases run that the stock `wandb sync` uploads: `wandb/offline-run-YYYYMMDD_HHMMSS-ID/run-ID.wandb`, with pictures and files under
/// `files/`. Nothing leaves the machine unless WANDB_MODE is `online`: then the `wandb` tool, where it is installed, uploads the run while it goes on.
public final class WandbTracker: Tracker {
  /// What a warning calls it.
  public let name = "the W&B run"
  /// The run's folder.
  public let folder: String
  private let settings: WandbSettings
  private let log: AppendingFile
  private var summary: [String: JSONValue] = [:]
  private var changed: Set<String> = []
  private var history: WandbHistory
  private var lastSummary = Date()
  private var upload: WandbUpload?
  /// Seconds between two summaries of a run that goes on, for one that is killed.
  private static let summaryInterval = 10.0

  private var files: String { folder + "/files" }

  /// Begins a run, or with `resumedStep` goes on with the latest one of this id: what it has of later steps is cut off. Where there is none, a
  /// new folder is made with the same id.
  ///
  /// - Parameters:
  ///   - run: what is written down.
  ///   - settings: where, and under which names.
  ///   - warn: told what does not work about uploading, where that is wanted.
  /// - Throws: `TrackingError` where the folder cannot be made or the file is no W&B file.
  public init(
    _ run: TrackedRun, settings: WandbSettings, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(TrackingError) {
    try settings.checkRunID()
    self.settings = settings
    let goals = Dictionary(run.metrics.compactMap { metric in metric.goal.map { (metric.name, $0) } }) { _, last in last }
    let root = settings.folder + "/wandb"
    let items = run.configuration.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    var hasRun = false
    if let step = run.resumedStep, let earlier = WandbTracker.latest(settings.runID, in: root) {
      folder = earlier
      let path = "\(earlier)/run-\(settings.runID).wandb"
      var last = WandbHistory(goals: goals)
      let end = try WandbLog.read(path) { record throws(TrackingError) in
        guard let found = WandbRecord.parsed(record) else { return true }
        if found.kind == .exit || found.kind == .history && (found.step ?? 0) > step { return false }
        if found.kind == .run { hasRun = true }
        last.add(found)
        return true
      }
      log = try AppendingFile(continuing: path, length: end)
      history = last
      // It was uploaded as it was; now there is more of it.
      try? FileManager.default.removeItem(atPath: path + ".synced")
    } else {
      folder = "\(root)/offline-run-\(WandbTracker.stamp(run.began))-\(settings.runID)"
      try makeFolder(folder)
      log = try AppendingFile(creating: "\(folder)/run-\(settings.runID).wandb")
      history = WandbHistory(goals: goals)
      try log.append(WandbLog.fileHeader)
    }
    try makeFolder(files)
    if log.length == WandbLog.fileHeader.count { try append(WandbRecord.header(producer: "clipmorph")) }
    if hasRun {
      try append(WandbRecord.config(items))
    } else {
      try append(WandbRecord.run(settings, name: run.name, items: items, began: run.began, resumedStep: run.resumedStep))
    }
    for metric in run.metrics { try append(WandbRecord.metric(metric)) }
    try write(WandbTracker.facts(run, settings), to: "wandb-metadata.json", kind: .wandb)
    link(root)
    try flush()
    if settings.mode == .online { upload = WandbUpload(of: folder, settings: settings, warn: warn) }
  }

  /// One history row: scalars, pictures, histograms, and the step, time and runtime by which W&B draws them.
  public func write(_ row: PreparedRow) throws(TrackingError) {
    history.runtime = row.runtime
    var items: WandbRecord.Items = []
    for (key, value) in row.scalars.sorted(by: { $0.key < $1.key }) {
      items.append((key, .number(value)))
      set(key, history.summary(of: key, value))
    }
    for (key, images) in row.images.sorted(by: { $0.key < $1.key }) {
      let value = try write(images, key: key, step: row.step)
      items.append((key, value))
      set(key, value)
    }
    for (key, histogram) in row.histograms.sorted(by: { $0.key < $1.key }) where histogram.count > 0 {
      let value = JSONValue.object([
        "_type": "histogram", "values": .array(histogram.counts.map { .integer($0) }),
        "bins": .array(histogram.edges.map { .number($0) }),
      ])
      items.append((key, value))
      set(key, value)
    }
    let axes: WandbRecord.Items = [
      ("_step", .integer(row.step)), ("_timestamp", .number(row.time.timeIntervalSince1970)), ("_runtime", .number(row.runtime)),
    ]
    for axis in axes { set(axis.key, axis.value) }
    try append(WandbRecord.history(step: row.step, items + axes))
    if Date().timeIntervalSince(lastSummary) >= WandbTracker.summaryInterval { try writeSummary() }
  }

  /// Values of the run's summary.
  public func summarize(_ values: [String: JSONValue]) throws(TrackingError) {
    for (key, value) in values { set(key, value) }
  }

  /// A point of W&B's system charts.
  public func write(_ sample: SystemSample) throws(TrackingError) {
    try append(WandbRecord.stats(sample))
  }

  /// Copies a file into `files/`; a model is an artifact of the run too, so that others can find and use it.
  public func add(file path: String, as name: String, kind: TrackedFileKind) throws(TrackingError) {
    let name = fileName(name)
    let copy = "\(files)/\(name)"
    try copyFile(path, to: copy)
    try append(WandbRecord.file(name, kind: .other))
    if kind == .model { try append(WandbRecord.artifact(WandbArtifact(of: copy, name: name), settings)) }
  }

  /// Looks after the upload.
  public func tend() { upload?.tend() }

  /// Waits for the upload, which ends by itself at the exit record.
  public func settle(until isStopped: () -> Bool) { upload?.settle(until: isStopped) }

  /// A line of the run's console log.
  public func print(_ line: String) throws(TrackingError) {
    try append(WandbRecord.output(line, time: Date()))
  }

  /// Hands all records to the system.
  public func flush() throws(TrackingError) {
    try log.flush()
  }

  /// The last summary, and the exit record, without which W&B calls a run failed.
  public func finish(exitCode: Int) throws(TrackingError) {
    let bytes = Array(JSONValue.object(summary).text.utf8)
    try writeSummary()
    try write(bytes, to: "wandb-summary.json", kind: .wandb)
    try append(WandbRecord.exit(code: exitCode, runtime: history.runtime))
    try flush()
  }

  private func append(_ record: [UInt8]) throws(TrackingError) {
    try log.append(WandbLog.framed(record, at: log.length))
  }

  private func set(_ key: String, _ value: JSONValue) {
    summary[key] = value
    changed.insert(key)
  }

  private func writeSummary() throws(TrackingError) {
    lastSummary = Date()
    let items = changed.sorted().compactMap { key in summary[key].map { (key: key, value: $0) } }
    changed = []
    if !items.isEmpty { try append(WandbRecord.summary(items)) }
  }

  private func write(_ bytes: [UInt8], to name: String, kind: WandbRecord.FileKind) throws(TrackingError) {
    try writeFile(bytes, to: "\(files)/\(name)")
    try append(WandbRecord.file(name, kind: kind))
  }

  /// Writes pictures under `files/media/images` and gives what the history says of them.
  private func write(_ images: [EncodedImage], key: String, step: Int) throws(TrackingError) -> JSONValue {
    try makeFolder(files + "/media/images")
    var paths: [String] = []
    for (index, image) in images.enumerated() {
      let number = images.count == 1 ? "" : "_\(index)"
      let path = "media/images/\(fileName(key))_\(step)\(number)_\(image.sha256.prefix(20)).png"
      try write(image.png, to: path, kind: .media)
      paths.append(path)
    }
    guard let first = images.first else { return .null }
    if images.count == 1 {
      return .object([
        "_type": "image-file", "path": .string(paths[0]), "sha256": .string(first.sha256), "size": .integer(first.png.count),
        "format": "png", "width": .integer(first.width), "height": .integer(first.height), "caption": .string(first.caption),
      ])
    }
    return .object([
      "_type": "images/separated", "format": "png", "count": .integer(images.count), "width": .integer(first.width),
      "height": .integer(first.height), "filenames": .array(paths.map { .string($0) }),
      "captions": .array(images.map { .string($0.caption) }),
    ])
  }
}
