public import Foundation

/// What the program takes of the machine at a moment.
public struct SystemSample: Sendable {
  /// When.
  public var time: Date
  /// Share of all processors that the program kept busy since the sample before, per cent.
  public var processor: Double
  /// Memory that the program holds, bytes.
  public var resident: Double
  /// Memory of the machine, bytes.
  public var total: Double
  /// Memory that programs could still get, bytes; nil where the system does not say.
  public var available: Double?
  /// Threads of the program; nil where the system does not say.
  public var threads: Int?

  /// The most memory that this program has held so far, bytes.
  public static var peakMemory: Double { SystemMeter.peakMemory }

  /// The numbers by the names under which Weights & Biases draws them.
  public var values: [String: Double] {
    var values = [
      "cpu": processor, "proc.memory.rssMB": resident / 1_048_576, "proc.memory.percent": 100 * resident / max(1, total),
    ]
    if let available {
      values["proc.memory.availableMB"] = available / 1_048_576
      values["memory_percent"] = 100 * (1 - available / max(1, total))
    }
    if let threads { values["proc.cpu.threads"] = Double(threads) }
    return values
  }
}
