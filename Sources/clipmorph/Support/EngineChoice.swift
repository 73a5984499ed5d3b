import ArgumentParser
import Engine
import Foundation
import OpenVINOEngine
import StyleNetworks
import TorchEngine

/// The engines that this build has.
enum EngineChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, openvino, torch

  /// Makes a network ready. `auto` takes LibTorch for a GPU and OpenVINO for the CPU, where it is up to twice as fast; where OpenVINO cannot be
  /// used, LibTorch, with a word about it.
  func prepare(_ network: StyleNetwork, options: EngineOptions) throws -> any NetworkRunner {
    switch self {
    case .torch: return try TorchEngine.prepare(network, options: options)
    case .openvino: return try OpenVINOEngine.prepare(network, options: options)
    case .auto:
      guard try !computesOnGPU(options.device) else { return try TorchEngine.prepare(network, options: options) }
      do {
        return try OpenVINOEngine.prepare(network, options: options)
      } catch let error as EngineError {
        Terminal.say("\(error.description); LibTorch computes instead")
        return try TorchEngine.prepare(network, options: options)
      }
    }
  }

  /// A LibTorch that cannot be loaded computes on no GPU, with a word about it where one could be there.
  private func computesOnGPU(_ device: EngineOptions.Device) throws -> Bool {
    switch device {
    case .cpu: return false
    case .cuda, .mps: return true
    case .auto:
      // Loading LibTorch to ask it takes longer than a picture: first whether there is a GPU that it could use at all.
      guard EngineChoice.mayHaveGPU else { return false }
      do {
        return try TorchEngine.devices().contains { $0 != .cpu }
      } catch let error as EngineError {
        Terminal.say("\(error.description); the CPU computes instead")
        return false
      }
    }
  }

  private static var mayHaveGPU: Bool {
    #if os(macOS)
      true
    #else
      FileManager.default.fileExists(atPath: "/dev/nvidiactl")
    #endif
  }
}
