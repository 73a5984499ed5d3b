/// What can go wrong with optical flow.
public enum FlowError: Error, Equatable, Sendable, CustomStringConvertible {
  /// OpenCV, or the library that holds it, cannot be loaded.
  case unavailable(reason: String)
  /// A picture or a flow has no pixels, more than OpenCV can address, or another number of values than its size says.
  case invalidSize(width: Int, height: Int)
  /// Two that belong together have different sizes.
  case differentSizes(first: (width: Int, height: Int), second: (width: Int, height: Int))
  /// OpenCV refused a call.
  case failed(call: String, reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .unavailable(let reason):
      "OpenCV cannot be loaded (\(reason)); run ./clipmorph doctor to see what is missing"
    case .invalidSize(let width, let height):
      "optical flow cannot be computed on \(width)x\(height) pixels; both sides must be 1 to 32767, and the values as many as the pixels"
    case .differentSizes(let first, let second):
      "optical flow needs pictures of one size, not \(first.width)x\(first.height) and \(second.width)x\(second.height)"
    case .failed(let call, let reason):
      "OpenCV failed in \(call): \(reason.split(separator: "\n").first.map(String.init) ?? reason)"
    }
  }

  /// Whether two are the same failure.
  public static func == (a: FlowError, b: FlowError) -> Bool { a.description == b.description }
}
