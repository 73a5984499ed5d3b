/// How steady a painted clip is. Numbers that cannot be had (a single frame has no predecessor) are absent.
public struct ClipScores: Sendable, Hashable, Codable {
  /// One frame against its predecessor.
  public struct Step: Sendable, Hashable, Codable {
    /// The root of the masked mean squared difference, 0…1.
    public var warpError: Double
    /// The same of the source.
    public var source: Double
  }

  /// Frames that were looked at.
  public var frames: Int
  /// e_warp: the root of the mean over steps of the masked mean squared difference between a frame and its predecessor moved by the source's flow,
  /// 0…1 (Lai et al. 2018, under a square root).
  public var warpError: Double?
  /// The source's own e_warp: the floor, since neither flow nor sampling is exact.
  public var sourceWarpError: Double?
  /// `warpError`² less `sourceWarpError`²: the energy that painting adds.
  public var excess: Double?
  /// The share of pixels whose flow was trusted, 0…1.
  public var trusted: Double?
  /// Where the source stands still: the mean absolute difference from frame to frame, in levels of 255.
  public var flicker: Double?
  /// The same of the source.
  public var sourceFlicker: Double?
  /// The share of the source that stands still from frame to frame, 0…1.
  public var still: Double?
  /// The mean variance of the Laplacian.
  public var sharpness: Double?
  /// The same over that of the unstabilised clip: below 1 where steadiness is bought with blur.
  public var keptSharpness: Double?
  /// Frame by frame; a step without a trusted pixel is left out.
  public var steps: [Step] = []
}
