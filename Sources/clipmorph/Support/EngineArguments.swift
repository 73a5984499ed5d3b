import ArgumentParser
import Engine

/// What computes, and how: the options of commands that paint.
struct EngineArguments: ParsableArguments {
  @Option(help: "What computes: \(EngineChoice.allCases.map(\.rawValue).joined(separator: ", ")).")
  var engine = EngineChoice.auto

  @Option(help: "Where: auto, cpu, cuda, mps.")
  var device = EngineOptions.Device.auto

  @Option(help: "In which arithmetic: auto, f32, bf16.")
  var precision = EngineOptions.Precision.auto

  @Option(help: "Threads that compute.")
  var threads: Int?

  var options: EngineOptions { EngineOptions(device: device, precision: precision, threads: threads) }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads) is outside 1 to 1024") }
  }
}
