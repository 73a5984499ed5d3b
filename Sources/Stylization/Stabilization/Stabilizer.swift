internal import Imaging

/// Takes flicker out of painted frames, one after another.
///
/// Strokes that were shown are led on along the source's motion in place of those of the new painting, as a painter would move them, until they
/// are worn; colours of large areas are the new painting's. Where the source stands still, what was shown stays.
final class Stabilizer {
  /// How canvases stand for colours.
  private let coding: PlanarImage.Coding
  /// The last frame as it was shown.
  private var canvas: Canvas?
  /// The finest strokes of late.
  private var finest = FinestStrokes()

  /// - Parameter coding: how the planes of `nextPlanes` are to stand for colours.
  init(coding: PlanarImage.Coding = Canvas.usualCoding) { self.coding = coding }

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) -> ImageBuffer {
    let (canvas, isAlone) = advance(painting, motion)
    return isAlone ? painting : canvas.picture(depth: painting.depth)
  }

  /// The same as codecs keep it; both of the painting's sides must be even.
  func nextPlanes(_ painting: ImageBuffer, motion: SceneMotion?) -> PlanarImage {
    advance(painting, motion).canvas.planes()
  }

  /// What is to be shown, and whether that is the painting alone.
  private func advance(_ painting: ImageBuffer, _ motion: SceneMotion?) -> (canvas: Canvas, isAlone: Bool) {
    let painted = Canvas(painting, coding: coding)
    guard let motion, let before = canvas, before.width == painting.width, before.height == painting.height,
      motion.width == (painting.width + 1) / 2, motion.height == (painting.height + 1) / 2
    else {
      canvas = painted
      return (painted, true)
    }
    let kernel = StrokeKernel(sharpening: finest.sharpening)
    let moved = motion.flow.map { before.moved(along: $0, where: motion.moving, by: kernel) }
    let shown = Handover(painted, before: before, moved: moved, motion: motion)
    canvas = shown.canvas
    finest = shown.finest.after(finest)
    return (shown.canvas, false)
  }
}
