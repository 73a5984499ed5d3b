public import Imaging

/// Paints the frames of one clip, given in order, as `ClipJob` would: flicker is taken away as the stylizer's options say. For programs that have
/// frames of their own. Belongs to one thread at a time.
public final class ClipPainter {
  private let stylizer: Stylizer
  private let estimator: MotionEstimator?
  private let stabilizer = Stabilizer()

  /// A painter for one clip.
  ///
  /// - Throws: `FlowError` where motion is wanted and OpenCV cannot be loaded.
  public init(_ stylizer: Stylizer) throws {
    self.stylizer = stylizer
    estimator = try stylizer.motionEstimator { _ in }
  }

  /// The next frame, in its size.
  ///
  /// - Returns: the frame as it is to be shown, and as it was painted; nil where that is the same.
  public func paint(_ frame: ImageBuffer) throws -> (shown: ImageBuffer, unstabilized: ImageBuffer?) {
    let motion = try estimator?.next(frame)
    let painting = try stylizer.stylizeFrame(frame)
    guard estimator != nil else { return (stylizer.masked(painting, over: frame), nil) }
    return (stylizer.masked(stabilizer.next(painting, motion: motion), over: frame), stylizer.masked(painting, over: frame))
  }
}
