internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Measures what the program takes of the machine. Reads a few small files of `/proc` on Linux; asks the system elsewhere.
struct SystemMeter {
  private var processorSeconds = SystemMeter.processorSeconds
  private var time = ContinuousClock.now

  /// The numbers since the sample before; nil within a tenth of a second of it, which is too short to tell how busy the processors were.
  mutating func sample() -> SystemSample? {
    let now = ContinuousClock.now
    let passed = (now - time) / .seconds(1)
    guard passed >= 0.1 else { return nil }
    let seconds = SystemMeter.processorSeconds
    let process = ProcessInfo.processInfo
    let busy = 100 * (seconds - processorSeconds) / passed / Double(max(1, process.activeProcessorCount))
    processorSeconds = seconds
    time = now
    #if os(Linux)
      let status = SystemMeter.fields("/proc/self/status")
      let resident = status["VmRSS"].map { $0 * 1024 }
      let threads = status["Threads"].map { Int($0) }
      let available = SystemMeter.fields("/proc/meminfo")["MemAvailable"].map { $0 * 1024 }
    #else
      let (resident, threads, available): (Double?, Int?, Double?) = (nil, nil, nil)
    #endif
    return SystemSample(
      time: Date(), processor: max(0, busy), resident: resident ?? SystemMeter.peakMemory,
      total: Double(process.physicalMemory), available: available, threads: threads)
  }

  /// Seconds for which processors have worked for this program.
  private static var processorSeconds: Double {
    let usage = usage
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// The most memory that the program has held, bytes. Linux counts in KiB, Darwin in bytes.
  static var peakMemory: Double {
    #if canImport(Glibc)
      Double(usage.ru_maxrss) * 1024
    #else
      Double(usage.ru_maxrss)
    #endif
  }

  private static var usage: rusage {
    var usage = rusage()
    // 0 is RUSAGE_SELF, whose type glibc's headers leave Swift at odds with.
    getrusage(0, &usage)
    return usage
  }

  /// The first number of each line `Name:  number unit`.
  private static func fields(_ path: String) -> [String: Double] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    var fields: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let number = parts[1].split(whereSeparator: \.isWhitespace).first.flatMap({ Double($0) }) else {
        continue
      }
      fields[String(parts[0])] = number
    }
    return fields
  }
}
