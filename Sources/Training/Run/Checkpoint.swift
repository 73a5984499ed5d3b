internal import Foundation
internal import Media
internal import StyleNetworks
internal import Torch

/// A run's whole state between two steps. Noise and crops are drawn anew from the seed, the step and the position, so that no generator's state
/// has to be kept.
///
/// One safetensors file: `parameters/NAME`, `adam.first/NAME`, `adam.second/NAME` (f32), and under `__metadata__`: `format` =
/// `clipmorph-checkpoint`, `version`, `step`, `position` (of the next photograph), `elapsed` (seconds), `seed`, and JSON of the architecture, the
/// run's identity and the skipped files.
struct Checkpoint: Sendable {
  var architecture: Architecture
  var identity: RunIdentity
  var step: Int
  var position: Int
  var elapsed: Double
  var skipped: [String: SkipReason]
  var tensors: [String: WeightTensor]

  private static let format = "clipmorph-checkpoint"
  /// Another one whenever a recipe has another setting or the state another part.
  private static let version = "2"

  init(
    module: StyleModule, adam: Adam, identity: RunIdentity, position: Int, elapsed: Double, skipped: [String: SkipReason]
  ) throws {
    architecture = module.architecture
    self.identity = identity
    step = adam.step
    self.position = position
    self.elapsed = elapsed
    self.skipped = skipped
    tensors = [:]
    for (index, name) in module.names.enumerated() {
      let shape = try module.leaves[index].shape()
      for (prefix, tensor) in [
        ("parameters/", module.leaves[index]), ("adam.first/", adam.firstMoments[index]),
        ("adam.second/", adam.secondMoments[index]),
      ] {
        tensors[prefix + name] = try WeightTensor(floats: tensor.detached().to(.float32).floats(), shape: shape)
      }
    }
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: `TrainingError.file`, saying what is wrong with it.
  init(path: String) throws(TrainingError) {
    do {
      let file = try SafetensorsFile(contentsOf: path)
      guard file.metadata["format"] == Self.format else {
        throw TrainingError.file(path: path, reason: "it is not a checkpoint of ClipMorph")
      }
      guard file.metadata["version"] == Self.version else {
        throw TrainingError.file(
          path: path,
          reason: "its run was begun by another version of ClipMorph; go on with that one, or begin anew with --overwrite")
      }
      guard let step = file.metadata["step"].flatMap(Int.init), let position = file.metadata["position"].flatMap(Int.init),
        let elapsed = file.metadata["elapsed"].flatMap(Double.init), step >= 0, position >= 0, elapsed.isFinite
      else { throw TrainingError.file(path: path, reason: "its description is damaged") }
      func decode<T: Decodable>(_ key: String, as _: T.Type) throws -> T {
        try JSONDecoder().decode(T.self, from: Data((file.metadata[key] ?? "").utf8))
      }
      architecture = try decode("architecture", as: Architecture.self)
      identity = try decode("identity", as: RunIdentity.self)
      skipped = try decode("skipped", as: [String: SkipReason].self)
      self.step = step
      self.position = position
      self.elapsed = elapsed
      tensors = Dictionary(uniqueKeysWithValues: file.names.compactMap { name in file[name].map { (name, $0) } })
    } catch let error as TrainingError {
      throw error
    } catch let error as StyleNetworkError {
      throw .file(path: path, reason: error.description)
    } catch {
      throw .file(path: path, reason: "its description is damaged")
    }
  }

  /// Writes the checkpoint; the one before stays until this one is whole.
  func write(to path: String) throws {
    var file = SafetensorsFile(metadata: [
      "format": Self.format, "version": Self.version, "step": String(step), "position": String(position),
      "elapsed": String(elapsed), "seed": String(identity.seed), "architecture": try json(architecture),
      "identity": try json(identity),
      "skipped": try json(skipped),
    ])
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { file[name] = tensor }
    let target = try AtomicFile(target: path, replace: true)
    try target.write(file.serialized())
    try target.commit()
  }

  /// The network as it was.
  func network() throws -> StyleNetwork {
    let prefix = "parameters/"
    let weights = tensors.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return try StyleNetwork(architecture: architecture, weights: Dictionary(uniqueKeysWithValues: weights))
  }

  /// The optimiser as it was, for a module made of `network()`.
  func adam(for module: StyleModule, path: String) throws -> Adam {
    func moments(_ prefix: String) throws -> [Tensor] {
      try zip(module.names, module.leaves).map { name, leaf in
        guard let tensor = tensors[prefix + name], try tensor.shape == leaf.shape() else {
          throw TrainingError.file(path: path, reason: "\(prefix + name) is missing or of another shape")
        }
        let moment = try Tensor(copying: tensor.floats(), shape: tensor.shape, type: .float32, device: module.device)
        return module.channelsLast && tensor.shape.count == 4 ? try moment.channelsLast() : moment
      }
    }
    return Adam(
      leaves: module.leaves, firstMoments: try moments("adam.first/"), secondMoments: try moments("adam.second/"), step: step)
  }
}

func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
