/// Named tensors in order, as PyTorch's `state_dict()` gives them.
public struct StateDict: Sendable, Equatable {
  /// One named tensor.
  public struct Entry: Sendable, Equatable {
    /// PyTorch's dotted name.
    public var name: String
    /// The values.
    public var tensor: WeightTensor

    /// Names a tensor.
    public init(name: String, tensor: WeightTensor) {
      self.name = name
      self.tensor = tensor
    }
  }

  /// The tensors, each name once.
  public var entries: [Entry]

  /// Takes the tensors.
  public init(entries: [Entry] = []) { self.entries = entries }

  /// The tensors of a safetensors file.
  public init(_ file: SafetensorsFile) {
    entries = file.names.compactMap { name in file[name].map { Entry(name: name, tensor: $0) } }
  }

  /// The names, in order.
  public var names: [String] { entries.map(\.name) }

  /// The tensor of that name.
  public subscript(name: String) -> WeightTensor? { entries.first { $0.name == name }?.tensor }
}
