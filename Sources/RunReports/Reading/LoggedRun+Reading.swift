public import Foundation
internal import Tracking

extension LoggedRun {
  /// How much of a run is read.
  public enum Depth: Sendable {
    /// What a table shows: settings, state and the last steps.
    case overview
    /// Every step.
    case whole
  }

  /// Reads a run's folder, or a log file that lies elsewhere.
  ///
  /// - Throws: `RunReportError` where there is nothing, or nothing that is a run.
  public init(contentsOf path: String, depth: Depth = .whole, now: Date = Date()) throws(RunReportError) {
    self.init(path: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .missing(path: path) }
    guard isFolder.boolValue else {
      let isRun = try read(log: path, depth, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
      if !isRun { try readEarly(log: path, depth, now: now) }
      return
    }
    let (log, early) = (path + "/tracking.jsonl", path + "/log.jsonl")
    let manager = FileManager.default
    let (hasLog, hasEarly) = (manager.fileExists(atPath: log), manager.fileExists(atPath: early))
    guard hasLog || hasEarly else { throw .noRun(path: path) }
    if let bytes = manager.contents(atPath: path + "/config.json") {
      configuration = (try? JSONDecoder().decode([String: JSONValue].self, from: bytes)) ?? [:]
    }
    if hasLog {
      guard try read(log: log, depth, folder: path) else {
        throw .unreadable(path: log, reason: "none of its lines is one of a run")
      }
    }
    // A run that an earlier version began: what it logged comes first.
    if hasEarly, !hasLog || depth == .whole { try readEarly(log: early, depth, now: now) }
    readPreviews(path + "/previews")
    let picture = path + "/style.png"
    if manager.fileExists(atPath: picture) { painting = picture }
  }

  /// False where no line is one of `tracking.jsonl`.
  private mutating func read(log path: String, _ depth: Depth, folder: String) throws(RunReportError) -> Bool {
    let lines = try LogLines(path)
    var isRun = false
    var end: Int?
    // Later lines of a run or its end count more than earlier ones; of an overview, only the last steps are decoded.
    let plain = depth == .overview ? lines.ranges.filter { lines.isPlainRow($0) } : []
    let skipped = Set(plain.dropLast(LoggedRun.lastRows).map(\.lowerBound))
    for range in lines.ranges where !skipped.contains(range.lowerBound) {
      guard let entry = lines.decode(LogEntry.self, range) else { continue }
      isRun = true
      switch entry.type {
      case "run":
        name = entry.name ?? name
        configuration.merge(entry.configuration ?? [:]) { _, new in new }
        if began == nil { began = Date(timeIntervalSince1970: entry.time) }
        end = nil
      case "row":
        guard let step = entry.step else { continue }
        rows.append(Row(step: step, runtime: entry.runtime ?? 0, scalars: entry.scalars ?? [:]))
        if let image = entry.images?["previews"]?.first {
          previews.append(Preview(step: step, path: LoggedRun.path(image.path, in: folder)))
        }
        if let image = entry.images?["style"]?.first { painting = LoggedRun.path(image.path, in: folder) }
      case "summary": summary.merge(entry.values ?? [:]) { _, new in new }
      case "end": end = entry.exitCode ?? 1
      default: break
      }
    }
    state =
      switch end {
      case 0: .finished
      case 130: .stopped
      case .some: .failed
      case nil: FileLock.isHeld(path) ? .running : .killed
      }
    return isRun
  }

  private static func path(_ path: String, in folder: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

  /// Reads `log.jsonl`, whose lines say nothing but numbers: its state is told from its last step and its age.
  private mutating func readEarly(log path: String, _ depth: Depth, now: Date) throws(RunReportError) {
    let lines = try LogLines(path)
    let wanted = depth == .whole ? lines.ranges[...] : lines.ranges.suffix(LoggedRun.lastRows)
    var early = wanted.compactMap { lines.decode(EarlyLogEntry.self, $0)?.row }
    guard !early.isEmpty || lines.ranges.isEmpty else {
      throw .unreadable(path: path, reason: "none of its lines is one of a run")
    }
    if let first = rows.first?.step {
      early.removeAll { $0.step >= first }
      rows = early + rows
      return
    }
    rows = early
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.contentModificationDateKey])
    let changed = values?.contentModificationDate
    if let changed { began = changed.addingTimeInterval(-runtime) }
    if let iterations, step >= iterations {
      state = .finished
    } else {
      state = changed.map { now.timeIntervalSince($0) < 120 } ?? false ? .running : .stopped
    }
  }

  /// Previews that lie in the folder; the last is told by no line.
  private mutating func readPreviews(_ folder: String) {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let found = names.compactMap { name -> Preview? in
      guard name.hasPrefix("step-"), name.hasSuffix(".png"), let step = Int(name.dropFirst(5).dropLast(4)) else { return nil }
      return Preview(step: step, path: "\(folder)/\(name)")
    }
    if !found.isEmpty { previews = found.sorted { $0.step < $1.step } }
  }
}
