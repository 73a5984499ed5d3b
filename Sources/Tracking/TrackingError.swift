/// What can go wrong while a run is written down.
public enum TrackingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file or folder cannot be made, read or written.
  case file(path: String, reason: String)
  /// The disk is full.
  case diskFull(path: String)
  /// A file that was being written is gone.
  case vanished(path: String)
  /// A file that is to be continued is not one of this kind.
  case damaged(path: String, reason: String)
  /// An environment variable or a setting cannot be used.
  case invalidSetting(name: String, value: String, reason: String)
  /// A picture cannot be written as PNG.
  case image(key: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .file(let path, let reason): "\(path): \(reason)"
    case .diskFull(let path): "the disk is full: \(path) is not complete; free some space"
    case .vanished(let path): "\(path) was removed or replaced while it was being written"
    case .damaged(let path, let reason): "\(path) cannot be continued: \(reason); move it away to begin anew"
    case .invalidSetting(let name, let value, let reason): "\(name)=\(value) cannot be used: \(reason)"
    case .image(let key, let reason): "the picture \(key) cannot be written: \(reason)"
    }
  }
}
