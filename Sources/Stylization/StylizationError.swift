/// What can go wrong with painting itself.
public enum StylizationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Small strokes would need a larger picture, in pixels, than is painted at once.
  case strokesTooSmall(width: Int, height: Int, limit: Int)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .strokesTooSmall(let width, let height, let limit):
      "strokes this small would be painted on \(width)x\(height) pixels, more than \(limit / 1_000_000) megapixels; give a larger"
        + " --stroke-size, or scale the picture down with --size"
    }
  }
}
