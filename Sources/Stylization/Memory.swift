internal import Foundation
internal import Synchronization

/// How much memory a network's activations may take, in bytes.
struct MemoryBudget: Sendable, Equatable {
  /// For a picture in one piece: a third of what is available.
  var whole = min(8_000_000_000, Memory.available / 3)
  /// For a tile: with a 108-megapixel picture's own buffers the program stays under 3 GiB.
  var tiles = 900_000_000
  /// Whether memory has ended once: nothing takes more than a tile then.
  var isStrict = false
}

/// A budget that becomes smaller when memory ends. Shared by all that paint with one stylizer.
final class SharedBudget: Sendable {
  private let value: Mutex<MemoryBudget>

  init(_ budget: MemoryBudget = MemoryBudget()) { value = Mutex(budget) }

  /// What may be taken now.
  var now: MemoryBudget { value.withLock { $0 } }

  /// Makes room after memory ended: a picture that was tried whole goes in tiles, tiles take half of what they took.
  ///
  /// - Parameters:
  ///   - tried: the budget at that time; where it has changed since, others have made room.
  ///   - needed: bytes for the whole picture.
  ///   - least: bytes for the smallest tile.
  /// - Returns: whether it is worth another try, and whether this call made the room.
  func shrink(from tried: MemoryBudget, needed: Int, least: Int) -> (again: Bool, changed: Bool) {
    value.withLock { budget in
      guard budget == tried else { return (true, false) }
      if needed <= budget.whole {
        budget.whole = needed / 2
        budget.tiles = min(budget.tiles, needed / 2)
      } else {
        guard budget.tiles / 2 >= least else { return (false, false) }
        budget.tiles /= 2
      }
      budget.isStrict = true
      return (true, true)
    }
  }
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
        let statistics = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.stat", encoding: .utf8)) ?? ""
        let used = (number(in: "/sys/fs/cgroup/memory.current") ?? 0) - cached(statistics)
        limit = min(limit, max(0, group - max(0, used)))
      }
    #else
      limit /= 2
    #endif
    return limit
  }

  /// Bytes of files that a control group keeps in memory and gives up when it is wanted, by its `memory.stat`.
  static func cached(_ statistics: String) -> Int {
    let lines = statistics.split(separator: "\n").map { $0.split(separator: " ") }
    return lines.filter { $0.count == 2 && ["inactive_file", "active_file"].contains($0[0]) }.compactMap { Int($0[1]) }
      .reduce(0, +)
  }

  private static func number(in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
