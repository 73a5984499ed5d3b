import ArgumentParser
import Engine
import StyleNetworks
import TorchEngine

/// The engines that this build has.
enum EngineChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, torch

  func prepare(_ network: StyleNetwork, options: EngineOptions) throws -> any NetworkRunner {
    switch self {
    case .auto, .torch: try TorchEngine.prepare(network, options: options)
    }
  }
}
