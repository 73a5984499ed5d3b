/// What can go wrong with pictures and video.
public enum MediaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such file.
  case missing(path: String)
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The file holds no bytes.
  case empty(path: String)
  /// The file is not what it should be, or is damaged.
  case notUsable(path: String, reason: String)
  /// The clip has no video stream.
  case noVideo(path: String)
  /// The clip's video has no frames.
  case noFrames(path: String)
  /// The size to scale to is beyond what can be worked on.
  case tooLarge(path: String, width: Int, height: Int)
  /// Nothing is shown as late as asked for; the clip's pictures end after `end` seconds.
  case beyondEnd(path: String, end: Double)
  /// The output cannot be made as asked.
  case unsupportedOutput(path: String, reason: String)
  /// The output's folder or name cannot be written to.
  case notWritable(path: String, reason: String)
  /// The output exists and may not be replaced.
  case exists(path: String)
  /// The output would replace an input.
  case sameFile(path: String)
  /// The disk is full.
  case diskFull(path: String)
  /// Reading or writing broke off.
  case inputOutput(path: String, reason: String)
  /// FFmpeg refused a step.
  case failed(step: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .missing(let path): "there is no file \(path); check the name"
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .empty(let path): "\(path) is empty; there is nothing in it to work on"
    case .notUsable(let path, let reason): "\(path) is not a usable picture or clip: \(reason)"
    case .noVideo(let path): "\(path) has no video stream; give a clip or a picture"
    case .noFrames(let path): "\(path) has no video frames; there is nothing to stylize"
    case .tooLarge(let path, let width, let height):
      "\(path) cannot be scaled to \(width)x\(height): no output has so many pixels; give a smaller size"
    case .beyondEnd(let path, let end):
      "\(path) has no video frames that late: it ends after \((end * 1000).rounded() / 1000) s; give an earlier --start"
    case .unsupportedOutput(let path, let reason): "\(path) cannot be written: \(reason)"
    case .notWritable(let path, let reason): "\(path) cannot be written: \(reason); choose another place"
    case .exists(let path): "\(path) exists already; add --overwrite to replace it"
    case .sameFile(let path): "\(path) is an input, and inputs are never overwritten; choose another name"
    case .diskFull(let path): "the disk is full: \(path) was not written; free some space and run the command again"
    case .inputOutput(let path, let reason): "\(path): \(reason)"
    case .failed(let step, let reason): "\(step) failed: \(reason)"
    }
  }
}
