internal import Foundation

/// How much memory a network's activations may take, in bytes.
struct MemoryBudget: Sendable {
  /// For a picture in one piece: a third of what is available.
  var whole = min(8_000_000_000, Memory.available / 3)
  /// For a tile: with a 108-megapixel picture's own buffers the program stays under 3 GiB.
  var tiles = 900_000_000
}

/// How much memory there is to work with.
enum Memory {
  /// Bytes that can be taken without swapping: what the system calls available, within the control group's limit.
  static var available: Int {
    var limit = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    #if os(Linux)
      if let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
        let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
      {
        limit = min(limit, kilobytes * 1024)
      }
      if let group = number(in: "/sys/fs/cgroup/memory.max") {
        limit = min(limit, max(0, group - (number(in: "/sys/fs/cgroup/memory.current") ?? 0)))
      }
    #else
      limit /= 2
    #endif
    return limit
  }

  private static func number(in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
