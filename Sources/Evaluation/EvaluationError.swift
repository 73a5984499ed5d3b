/// What can go wrong while pictures and clips are judged.
public enum EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A pair is a picture and a clip.
  case differentKinds(source: String, output: String)
  /// A pair's sides have another ratio.
  case differentShapes(source: String, sourceSize: String, output: String, outputSize: String)
  /// One clip of a pair ends before the other.
  case differentLengths(source: String, output: String, shorter: String, frames: Int)
  /// A flow file cannot be used.
  case unusableFlow(path: String, reason: String)
  /// A folder has no pairs with known flow.
  case noSequences(folder: String)
  /// A picture cannot be measured.
  case unusablePicture(path: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .differentKinds(let source, let output):
      "\(source) and \(output) are no pair: one is a picture, the other a clip; give the source first, then what was made of it"
    case .differentShapes(let source, let sourceSize, let output, let outputSize):
      "\(output) is \(outputSize) and \(source) is \(sourceSize): their sides have another ratio, so they cannot be compared"
    case .differentLengths(let source, let output, let shorter, let frames):
      "\(source) and \(output) are of different length: \(shorter) ends after \(frames) frame\(frames == 1 ? "" : "s"); give --frames"
        + " \(frames) to compare only those"
    case .unusableFlow(let path, let reason): "\(path) is not a usable flow file: \(reason)"
    case .noSequences(let folder):
      "\(folder) has no pairs with known flow; each needs a folder with frame10.png, frame11.png and flow10.flo"
    case .unusablePicture(let path, let reason): "\(path) cannot be measured: \(reason)"
    }
  }
}
