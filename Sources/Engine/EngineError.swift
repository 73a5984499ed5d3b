/// What can go wrong with an engine.
public enum EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No engine of this name, or its library is missing.
  case unavailable(engine: String, reason: String)
  /// The device is not there.
  case noDevice(String)
  /// The engine refused to run the network.
  case failed(engine: String, reason: String)
  /// There is not enough memory for the picture.
  case outOfMemory(engine: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .unavailable(let engine, let reason): "engine \(engine) cannot be used: \(reason)"
    case .noDevice(let name): "there is no \(name) device that this build can use; take --device cpu"
    case .failed(let engine, let reason): "engine \(engine) failed: \(reason)"
    case .outOfMemory(let engine): "engine \(engine) ran out of memory; try a smaller --tile or --size"
    }
  }
}
