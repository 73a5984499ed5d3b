public import Engine
internal import Imaging
public import StyleNetworks
internal import Torch

/// Runs style networks with LibTorch, on the CPU, CUDA or Apple's GPU.
public enum TorchEngine: InferenceEngine {
  /// `torch`.
  public static let name = "torch"

  /// LibTorch's version.
  public static func version() throws -> String {
    do { return try Runtime.version() } catch { throw EngineError.unavailable(engine: name, reason: "\(error)") }
  }

  /// The devices that LibTorch can compute on here.
  ///
  /// - Throws: `EngineError`, where LibTorch cannot be loaded.
  public static func devices() throws -> [EngineOptions.Device] {
    _ = try version()
    return try EngineOptions.Device.allCases.filter { choice in
      guard let device = device(choice) else { return false }
      return try isAvailable(device)
    }
  }

  /// Builds a network from its description.
  public static func prepare(_ network: StyleNetwork, options: EngineOptions) throws -> any NetworkRunner {
    _ = try version()
    if let threads = options.threads { try engineErrors { () throws(TorchError) in try Runtime.setThreads(threads) } }
    let device = try pick(options.device)
    // f32 is what the numbers are promised in; half precision is for who asks for it, and for CUDA, where it is many times as fast.
    let takesBF16: Bool
    if case .cuda = device { takesBF16 = options.precision != .f32 } else { takesBF16 = options.precision == .bf16 }
    let precision: DType = takesBF16 ? .bfloat16 : .float32
    return try engineErrors { () throws(TorchError) in
      try TorchNetwork(network, device: device, precision: precision)
    }
  }

  private static func pick(_ choice: EngineOptions.Device) throws -> Device {
    guard choice != .auto else {
      let preferred: [Device] = [.cuda(0), .mps]
      return try preferred.first { try isAvailable($0) } ?? .cpu
    }
    guard let device = device(choice), try isAvailable(device) else { throw EngineError.noDevice(choice.rawValue) }
    return device
  }

  private static func isAvailable(_ device: Device) throws -> Bool {
    try engineErrors { () throws(TorchError) in try Runtime.isAvailable(device) }
  }

  private static func device(_ choice: EngineOptions.Device) -> Device? {
    switch choice {
    case .auto: nil
    case .cpu: .cpu
    case .cuda: .cuda(0)
    case .mps: .mps
    }
  }
}

/// LibTorch's errors as the engine's.
func engineErrors<Result>(_ body: () throws(TorchError) -> Result) throws -> Result {
  do {
    return try body()
  } catch {
    if error.isOutOfMemory { throw EngineError.outOfMemory(engine: TorchEngine.name) }
    throw EngineError.failed(engine: TorchEngine.name, reason: "\(error)")
  }
}
