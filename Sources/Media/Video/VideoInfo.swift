/// What a clip is.
public struct VideoInfo: Sendable {
  /// The file, or `-`.
  public let path: String
  /// Displayed columns after rotation, before any scaling.
  public internal(set) var width: Int
  /// Displayed rows.
  public internal(set) var height: Int
  /// Seconds of one tick.
  public let timeBase: Rational
  /// The average or declared frame rate; 0/1 where unknown.
  public let frameRate: Rational
  /// Seconds, where the file says.
  public let duration: Double?
  /// Frames, where the file says or rate and duration tell.
  public let frames: Int?
  /// The video codec's name, such as `h264`.
  public let codec: String
  /// The container's name, such as `mov,mp4,m4a,3gp,3g2,mj2`.
  public let container: String
  /// Whether the clip is high dynamic range and is tone-mapped to BT.709.
  public let isHDR: Bool
}

/// What a clip had that ends before its container says so.
public struct EarlyEnd: Sendable, CustomStringConvertible {
  /// Frames that were there.
  public let frames: Int
  /// About how many there should be; nil where the file does not say.
  public let declared: Int?

  /// `15 of about 30 frames`.
  public var description: String { "\(frames) \(declared.map { "of about \($0) " } ?? "")frames" }
}

/// Which part of a clip to read, and how.
public struct VideoReadOptions: Sendable {
  /// Seconds from the clip's beginning to start at.
  public var start: Double?
  /// Seconds to read.
  public var duration: Double?
  /// Frames a second to convert to; nil keeps every frame and its time.
  public var frameRate: Rational?
  /// The longer side in pixels to scale to; nil keeps the size.
  public var longerSide: Int?
  /// Whether frames of 4:2:0 that need nothing but decoding come as they are, for somebody who computes colours elsewhere.
  public var planes: Bool

  /// Which part of a clip to read, and how.
  public init(
    start: Double? = nil, duration: Double? = nil, frameRate: Rational? = nil, longerSide: Int? = nil, planes: Bool = false
  ) {
    self.start = start
    self.duration = duration
    self.frameRate = frameRate
    self.longerSide = longerSide
    self.planes = planes
  }
}

/// The size with the longer side at `longerSide`, the other in proportion, both at least 1.
public func scaledSize(width: Int, height: Int, longerSide: Int?) -> (width: Int, height: Int) {
  guard let longerSide else { return (width, height) }
  let scale = Double(longerSide) / Double(max(width, height))
  return (max(1, Int((Double(width) * scale).rounded())), max(1, Int((Double(height) * scale).rounded())))
}
