/// How large strokes are, beside those that the network paints by itself.
public enum StrokeSize: Sendable, Hashable {
  /// As large as suits the picture: 1 up to the size that strokes were learnt for, then slowly more.
  case auto
  /// So many times as large, `range`; the network sees the picture at 1/times of its size.
  case times(Double)

  /// What can be asked for.
  public static let range = 0.25...4.0

  /// The longer side, in pixels, up to which strokes are the network's own in pictures and in clips.
  static let (pictureSide, clipSide) = (1024.0, 2560.0)

  /// How many times as large strokes are in a picture, or a clip's frame, of a size in pixels.
  func factor(width: Int, height: Int, ofClip: Bool = false) -> Double {
    switch self {
    case .times(let factor): min(Self.range.upperBound, max(Self.range.lowerBound, factor))
    case .auto:
      // Twice the size, 1.4 times the stroke: strokes keep some of their share of the picture and the paint some of its sharpness.
      min(2, max(1, (Double(max(width, height)) / (ofClip ? Self.clipSide : Self.pictureSide)).squareRoot()))
    }
  }

  /// The size at which the network sees a picture, so that its strokes are so many times as large.
  static func canvas(width: Int, height: Int, strokes: Double) -> (width: Int, height: Int) {
    func side(_ length: Int) -> Int { max(1, Int((Double(length) / strokes).rounded())) }
    return strokes == 1 ? (width, height) : (side(width), side(height))
  }

  /// How much a painting is sharpened before it is enlarged, which would soften its strokes.
  static func sharpening(strokes: Double) -> Float { Float(min(1, max(0, (strokes - 1) / 0.4)) * 0.8) }

  /// The most pixels that are painted for strokes smaller than the network's own.
  static let largestCanvas = 300_000_000
}
