internal import Foundation
internal import StyleNetworks
internal import Torch

/// What measures pictures: one encoder, or several that share the taps between them.
struct LossNetwork: Sendable {
  /// Encoders, each with the taps taken from it.
  let parts: [(encoder: Encoder, taps: [String])]

  /// The features of pictures [N, 3, H, W] in 0…1 at some taps: [N, C, h, w] each, in the encoders' precision.
  func features(_ pictures: Tensor, taps wanted: [String]) throws(TorchError) -> [String: Tensor] {
    var features: [String: Tensor] = [:]
    for (encoder, all) in parts {
      let taps = all.filter { wanted.contains($0) }
      guard !taps.isEmpty else { continue }
      for (tap, tensor) in zip(taps, try encoder.features(pictures, taps: taps)) { features[tap] = tensor }
    }
    return features
  }
}

extension LossNetworkChoice {
  /// Which encoder gives which taps.
  func parts(taps: [String]) throws(TrainingError) -> [(description: EncoderDescription, taps: [String])] {
    let candidates: [EncoderDescription]
    switch self {
    case .vgg19: candidates = [.vgg19]
    case .slim: candidates = [.slim]
    case .normalised: candidates = [.normalised]
    // The true VGG-19 where there is one, the distilled one beyond.
    case .combined: candidates = [.normalised, .slim]
    }
    var parts: [(description: EncoderDescription, taps: [String])] = candidates.map { ($0, []) }
    for tap in taps {
      guard let index = candidates.firstIndex(where: { $0.taps.contains(tap) }) else {
        throw .invalidRecipe(reason: "\(rawValue) has no layer \(tap)")
      }
      if !parts[index].taps.contains(tap) { parts[index].taps.append(tap) }
    }
    return parts.filter { !$0.taps.isEmpty }
  }

  /// Finds and loads the weights.
  func load(
    taps: [String], folders: [String], device: Device, precision: DType, channelsLast: Bool
  ) throws(TrainingError) -> LossNetwork {
    var loaded: [(encoder: Encoder, taps: [String])] = []
    for (description, taps) in try parts(taps: taps) {
      let path = try WeightFiles.find(description, in: folders)
      do {
        let weights =
          path.hasSuffix(".safetensors") ? StateDict(try SafetensorsFile(contentsOf: path)) : try TorchCheckpoint.read(path)
        let encoder = try Encoder(
          description, taps: taps, weights: weights, device: device, precision: precision, channelsLast: channelsLast)
        loaded.append((encoder, taps))
      } catch let error as StyleNetworkError {
        throw .unusableWeights(path: path, reason: error.description)
      } catch let error as TorchError {
        throw .unusableWeights(path: path, reason: error.description)
      } catch {
        throw .unusableWeights(path: path, reason: "\(error)")
      }
    }
    return LossNetwork(parts: loaded)
  }
}

/// Where loss networks' weights lie.
public enum WeightFiles {
  /// The folders that `CLIPMORPH_WEIGHTS` names, then the user's cache.
  public static var folders: [String] {
    let named = ProcessInfo.processInfo.environment["CLIPMORPH_WEIGHTS"] ?? ""
    return named.split(separator: ":").map(String.init) + [cache].compactMap(\.self)
  }

  /// The folder for weights in the user's cache (`XDG_CACHE_HOME`, else `~/.cache`); nil where neither is known.
  public static var cache: String? {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["HOME"].map { $0 + "/.cache" }
    return cache.map { $0 + "/clipmorph/weights" }
  }

  /// The names of the loss networks that a recipe needs and whose weights are in none of the folders, as `clipmorph fetch` knows them.
  ///
  /// - Throws: `TrainingError.invalidRecipe` for a layer that the recipe's loss network has not.
  public static func missing(for recipe: Recipe, in folders: [String] = WeightFiles.folders) throws(TrainingError) -> [String] {
    var names: [String] = []
    for (description, _) in try recipe.lossNetwork.parts(taps: recipe.allTaps) {
      do {
        _ = try find(description, in: folders)
      } catch {
        names.append(description.name)
      }
    }
    return names
  }

  static func find(_ description: EncoderDescription, in folders: [String]) throws(TrainingError) -> String {
    for folder in folders {
      for file in description.files {
        for ending in ["pth", "safetensors"] {
          let path = "\(folder)/\(file).\(ending)"
          if FileManager.default.fileExists(atPath: path) { return path }
        }
      }
    }
    throw .missingWeights(network: description.name, file: (description.files.first ?? "") + ".pth", folders: folders)
  }
}
