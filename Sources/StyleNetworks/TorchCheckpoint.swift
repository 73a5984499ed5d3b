/// Reads the checkpoints that `torch.save` writes, in both containers, without running anything that is in them.
public enum TorchCheckpoint {
  /// Keys under which training scripts put the state dict beside their own things.
  private static let nestedKeys = ["state_dict", "model_state_dict", "model"]

  /// Reads a file's state dict: the whole, or what is under `model`, `state_dict` or `model_state_dict`.
  ///
  /// - Parameter path: a `.pth` or `.pt` file, zip (PyTorch 1.6 and later) or legacy.
  /// - Throws: `StyleNetworkError.inFile` around `malformedCheckpoint`, `refusedGlobal` or `noStateDict`.
  public static func read(_ path: String) throws(StyleNetworkError) -> StateDict {
    let bytes = try FileAccess.read(path)
    return try inFile(path) { () throws(StyleNetworkError) in try read(bytes: bytes) }
  }

  /// Reads a file's bytes; see `read(_:)`.
  public static func read(bytes: [UInt8]) throws(StyleNetworkError) -> StateDict {
    guard !bytes.isEmpty else { throw .malformedCheckpoint(reason: "the file is empty") }
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) { return try readZip(bytes) }
    if bytes[0] == 0x80 { return try readLegacy(bytes) }
    throw .malformedCheckpoint(reason: "it starts like neither container (zip or pickle)")
  }

  /// Whether bytes start like a checkpoint.
  static func isLikely(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 3, 4])
      || (bytes.starts(with: [0x80]) && bytes.dropFirst().first.map { (2...5).contains($0) } == true
        && bytes.dropFirst(2).first == 0x8A)
  }

  /// The tensors' names and descriptions out of a pickle's result.
  static func stateDict(of result: PickleMachine.Result) throws(StyleNetworkError) -> [(name: String, tensor: PickleTensor)] {
    guard case .object(let top) = result.value, result.objects[top].kind == .dictionary, !result.objects[top].items.isEmpty
    else {
      throw .noStateDict(found: describe(result.value, in: result))
    }
    if let tensors = try tensors(of: top, in: result) { return tensors }
    let entries = pairs(of: top, in: result)
    var nested: [(key: String, tensors: [(name: String, tensor: PickleTensor)])] = []
    for (key, value) in entries {
      guard case .string(let name) = key, nestedKeys.contains(name), case .object(let index) = value,
        result.objects[index].kind == .dictionary, let tensors = try tensors(of: index, in: result)
      else { continue }
      nested.append((name, tensors))
    }
    guard let first = nested.first, nested.count == 1 else {
      let keys = entries.prefix(5).map { key, value in
        if case .string(let name) = key { "\(quoted(name)): \(describe(value, in: result))" } else { "a key that is no text" }
      }
      throw .noStateDict(found: "a dictionary of {\(keys.joined(separator: ", "))\(entries.count > 5 ? ", …" : "")}")
    }
    return first.tensors
  }

  private static func pairs(of index: Int, in result: PickleMachine.Result) -> [(PickleValue, PickleValue)] {
    let items = result.objects[index].items
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// The tensors of a dictionary that holds nothing else, or nil.
  private static func tensors(
    of index: Int, in result: PickleMachine.Result
  ) throws(StyleNetworkError) -> [(name: String, tensor: PickleTensor)]? {
    var tensors: [(name: String, tensor: PickleTensor)] = []
    var names: Set<String> = []
    for (key, value) in pairs(of: index, in: result) {
      guard case .string(let name) = key, case .tensor(let tensor) = value else { return nil }
      guard names.insert(name).inserted else {
        throw .malformedCheckpoint(reason: "the tensor \(quoted(name)) is there twice")
      }
      tensors.append((name, result.tensors[tensor]))
    }
    return tensors.isEmpty ? nil : tensors
  }

  private static func describe(_ value: PickleValue, in result: PickleMachine.Result) -> String {
    switch value {
    case .none: return "None"
    case .bool: return "a truth value"
    case .integer, .bigInteger, .float: return "a number"
    case .string: return "a text"
    case .global: return "a type"
    case .storage: return "a storage"
    case .tensor: return "a tensor"
    case .object(let index):
      switch result.objects[index].kind {
      case .list: return "a list"
      case .tuple: return "a tuple"
      case .dictionary: return result.objects[index].items.isEmpty ? "an empty dictionary" : "a dictionary"
      }
    }
  }
}
