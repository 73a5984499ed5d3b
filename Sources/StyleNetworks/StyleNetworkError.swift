/// What can go wrong with a style network, its files and other programs' checkpoints.
public indirect enum StyleNetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file could not be read.
  case unreadable(reason: String)
  /// A file could not be written.
  case unwritable(reason: String)
  /// What went wrong in the named file.
  case inFile(path: String, StyleNetworkError)
  /// A layer, or the whole, does not describe a style network.
  case invalidArchitecture(layer: String?, reason: String)
  /// A tensor's shape, type and bytes do not agree.
  case invalidTensor(reason: String)
  /// Bytes that break the safetensors format.
  case malformedSafetensors(reason: String)
  /// Bytes that break PyTorch's checkpoint formats.
  case malformedCheckpoint(reason: String)
  /// A checkpoint names a Python function or class that a state dict has no use for; nothing of it was run.
  case refusedGlobal(name: String)
  /// A checkpoint holds no state dict; `found` describes what it holds.
  case noStateDict(found: String)
  /// Weights that do not fit the architecture: the first few reasons, and how many there are.
  case weightsDoNotFit(family: String, problems: [String], count: Int)
  /// A weight is infinite or not a number.
  case notFinite(parameter: String, index: Int)
  /// A weight is beyond what a type of fewer bits can hold.
  case tooLarge(parameter: String, index: Int, type: ScalarType)
  /// Tensors of no known family; a few of their names.
  case unknownFamily(names: [String])
  /// A file that is not a style.
  case notAStyle(reason: String)
  /// Networks that have no mean.
  case cannotBlend(reason: String)
  /// A sample picture that a style file does not carry.
  case invalidSample(reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .unreadable(let reason): "Cannot read the file: \(reason)."
    case .unwritable(let reason): "Cannot write the file: \(reason)."
    case .inFile(let path, let error): "\(path): \(error.description)"
    case .invalidArchitecture(let layer?, let reason): "Layer \(layer) of the network's description: \(reason)."
    case .invalidArchitecture(nil, let reason): "The network's description: \(reason)."
    case .invalidTensor(let reason): "Not a valid tensor: \(reason)."
    case .malformedSafetensors(let reason): "Damaged or not a safetensors file: \(reason)."
    case .malformedCheckpoint(let reason): "Damaged or not a PyTorch checkpoint: \(reason)."
    case .refusedGlobal(let name):
      "The checkpoint asks for Python's \(name), which weights have no use for, so it was refused;"
        + " save a plain state_dict with torch.save(model.state_dict(), path)."
    case .noStateDict(let found):
      "The checkpoint holds \(found) instead of a state dict; save one with torch.save(model.state_dict(), path)."
    case .weightsDoNotFit(let family, let problems, let count):
      "The weights do not fit the \(family) network: " + problems.joined(separator: "; ")
        + (count > problems.count ? "; and \(count - problems.count) more." : ".")
    case .notFinite(let parameter, let index):
      "\(parameter) has a value at index \(index) that is infinite or not a number; its training has diverged, use an earlier checkpoint."
    case .tooLarge(let parameter, let index, let type):
      "\(parameter) has a value at index \(index) that is too large for \(type.rawValue); store the numbers as bf16 or f32."
    case .unknownFamily(let names):
      "The tensors (\(names.joined(separator: ", ")), …) belong neither to ClipMorph's FastStyleNet (convBlock.0.conv2d.weight, …)"
        + " nor to pytorch/examples' TransformerNet (conv1.conv2d.weight, …)."
    case .notAStyle(let reason): "Not a ClipMorph style: \(reason)."
    case .cannotBlend(let reason): "The styles cannot be blended: \(reason)."
    case .invalidSample(let reason): "The sample picture is not one that a style carries: \(reason)."
    }
  }
}
