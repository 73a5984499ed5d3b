internal import Foundation

extension WandbTracker {
  /// The youngest folder of a run.
  static func latest(_ id: String, in root: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.filter { name in
      name.hasPrefix("offline-run-") && name.dropFirst("offline-run-YYYYMMDD_HHMMSS".count) == "-\(id)"
        && FileManager.default.fileExists(atPath: "\(root)/\(name)/run-\(id).wandb")
    }.max().map { "\(root)/\($0)" }
  }

  /// Names the run's folder `latest-run`, as the W&B client does; a run without it is as good.
  func link(_ root: String) {
    let link = root + "/latest-run"
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) != nil {
      try? FileManager.default.removeItem(atPath: link)
    }
    try? FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: URL(fileURLWithPath: folder).lastPathComponent)
  }

  /// `YYYYMMDD_HHMMSS`, local time.
  static func stamp(_ time: Date) -> String {
    let parts = Calendar(identifier: .gregorian).dateComponents([.year, .month, .day, .hour, .minute, .second], from: time)
    func digits(_ value: Int?, _ count: Int) -> String {
      let text = String(value ?? 0)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2) + "_" + digits(parts.hour, 2)
      + digits(parts.minute, 2) + digits(parts.second, 2)
  }

  /// The machine and the program, as W&B's overview shows them.
  static func facts(_ run: TrackedRun, _ settings: WandbSettings) -> [UInt8] {
    let process = ProcessInfo.processInfo
    let time = run.began.formatted(.iso8601)
    let facts: [String: JSONValue] = [
      "os": .string(process.operatingSystemVersionString), "startedAt": .string(time), "host": .string(settings.host),
      "program": .string(URL(fileURLWithPath: process.arguments.first ?? "clipmorph").lastPathComponent),
      "args": .array(process.arguments.dropFirst().map { .string($0) }),
      "cpu_count_logical": .integer(process.activeProcessorCount),
      "memory": .object(["total": .string(String(process.physicalMemory))]),
    ]
    return Array((JSONValue.object(facts).text + "\n").utf8)
  }
}
