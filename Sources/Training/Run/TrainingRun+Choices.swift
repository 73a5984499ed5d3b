internal import Engine
internal import Foundation
internal import Media
internal import StyleNetworks
internal import Torch

extension TrainingRun {
  /// Refuses an output that could not be written at the end, before any work is done.
  static func checkOutput(_ configuration: TrainingConfiguration) throws {
    let path = configuration.output
    guard path.hasSuffix(".safetensors") else {
      throw MediaError.unsupportedOutput(path: path, reason: "styles are written as .safetensors; give that extension")
    }
    // Reserving the name finds every reason for which it cannot be written.
    try AtomicFile(target: path, replace: configuration.replace || configuration.resume).discard()
  }

  /// The network at step 0.
  static func initialNetwork(_ configuration: TrainingConfiguration) throws -> StyleNetwork {
    guard let path = configuration.initialStyle else {
      var recipe = configuration.recipe
      guard recipe.network.family == "dense" else { return try .untrained(recipe.architecture(), seed: configuration.seed) }
      // As `compact` would begin, so that its blur is one from the first step on.
      recipe.network.family = "compact"
      let network = try StyleNetwork.untrained(recipe.architecture(), seed: configuration.seed)
      return try network.dense() ?? network
    }
    var network = try StyleFile(contentsOf: path).network.converted(to: .f32)
    network = try network.inUnitRange() ?? network
    return try configuration.recipe.taking(network) ?? network
  }

  /// What is to be said where the style to start from has another network than the recipe, or nil: a style cannot change its network.
  static func otherNetwork(_ configuration: TrainingConfiguration, _ architecture: Architecture) throws -> String? {
    guard let path = configuration.initialStyle else { return nil }
    func words(_ network: Architecture) -> String { "\(network.parameterCount) parameters (\(network.family))" }
    let (own, recipes) = (words(architecture), words(try configuration.recipe.architecture()))
    guard own != recipes else { return nil }
    return
      "\(path) has a network of \(own), and the recipe's would have \(recipes): the former learns; for the latter leave --init out"
  }

  /// The device and its name.
  static func pick(_ choice: TrainingDevice) throws -> (Device, String) {
    let known: [(TrainingDevice, Device)] = [(.cuda, .cuda(0)), (.mps, .mps), (.cpu, .cpu)]
    for (name, device) in known where choice == .auto || choice == name {
      if try Runtime.isAvailable(device) { return (device, name.rawValue) }
    }
    throw TrainingError.torch(reason: "this LibTorch has no \(choice.rawValue) here; leave --device out, or give cpu")
  }

  /// The arithmetic of convolutions.
  static func pick(_ choice: TrainingPrecision, on device: Device) -> DType {
    switch choice {
    case .f32: return .float32
    case .bf16: return .bfloat16
    case .auto:
      switch device {
      case .cuda: return .bfloat16
      case .mps: return .float32
      case .cpu: return Processor.computesBF16 ? .bfloat16 : .float32
      }
    }
  }
}
