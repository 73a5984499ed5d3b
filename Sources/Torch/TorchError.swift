/// What can go wrong with LibTorch.
public enum TorchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The runtime library was found nowhere, or could not be loaded.
  case unavailable(reason: String)
  /// LibTorch refused a call.
  case failed(call: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .unavailable(let reason):
      "LibTorch cannot be loaded (\(reason)); run ./clipmorph doctor to see what is missing"
    case .failed(let call, let reason):
      "LibTorch failed in \(call): \(reason.split(separator: "\n").first.map(String.init) ?? reason)"
    }
  }

  /// Whether LibTorch ran out of memory.
  public var isOutOfMemory: Bool {
    guard case .failed(_, let reason) = self else { return false }
    return reason.contains("out of memory") || reason.contains("not enough memory") || reason.contains("can't allocate memory")
  }
}
