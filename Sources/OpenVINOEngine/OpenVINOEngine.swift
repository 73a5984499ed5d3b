internal import COpenVINO
public import Engine
internal import Foundation
public import StyleNetworks

/// Runs style networks with OpenVINO on the CPU.
public enum OpenVINOEngine: InferenceEngine {
  /// `openvino`.
  public static let name = "openvino"

  /// OpenVINO's version.
  public static func version() throws -> String {
    try load.get()
    return String(cString: cov_version())
  }

  /// Builds a network from its description. What OpenVINO compiles is kept in `cacheFolder`, so that a second start is quick.
  public static func prepare(_ network: StyleNetwork, options: EngineOptions) throws -> any NetworkRunner {
    try load.get()
    guard options.device == .auto || options.device == .cpu else {
      throw EngineError.unavailable(
        engine: name, reason: "it computes on the CPU; take --engine torch for \(options.device.rawValue)")
    }
    return OpenVINONetwork(
      network, precision: precision(options.precision), threads: options.threads ?? 0, streams: streams(options),
      cache: cacheFolder())
  }

  /// Pictures at once: a thread each, as long as their memory stays moderate.
  private static func streams(_ options: EngineOptions) -> Int {
    guard options.goal == .throughput else { return 0 }
    return min(8, options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  /// bf16 where the processor multiplies in it; elsewhere it would be slower than f32.
  private static func precision(_ choice: EngineOptions.Precision) -> String {
    switch choice {
    case .f32: "f32"
    case .bf16: "bf16"
    case .auto: Processor.computesBF16 ? "bf16" : "f32"
    }
  }

  /// `$XDG_CACHE_HOME/clipmorph/openvino`, or below `~/.cache`; nil where neither can be made.
  private static func cacheFolder() -> String? {
    let environment = ProcessInfo.processInfo.environment
    guard let base = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map({ $0 + "/.cache" }), base.hasPrefix("/") else {
      return nil
    }
    let folder = base + "/clipmorph/openvino"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      return folder
    } catch {
      return nil
    }
  }

  private static let load: Result<Void, EngineError> =
    cov_load(nil) == 0
    ? .success(()) : .failure(.unavailable(engine: name, reason: String(cString: cov_last_error())))
}
