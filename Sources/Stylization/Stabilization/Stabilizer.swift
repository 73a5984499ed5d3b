internal import Imaging

/// Takes flicker out of painted frames, one after another.
///
/// Strokes that were shown are led on along the source's motion in place of those of the new painting, as a painter would move them, until they
/// are worn; colours of large areas are the new painting's. Where the source stands still, what was shown stays.
final class Stabilizer {
  /// The last frame as it was shown.
  private var canvas: Canvas?
  private let kernel = StrokeKernel()

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) -> ImageBuffer {
    guard let motion, let before = canvas, before.width == painting.width, before.height == painting.height,
      motion.width == (painting.width + 1) / 2, motion.height == (painting.height + 1) / 2
    else {
      canvas = Canvas(painting)
      return painting
    }
    let moved = motion.flow.map { before.moved(along: $0, where: motion.moving, by: kernel) }
    let shown = Handover(Canvas(painting), before: before.pixels, moved: moved, motion: motion).canvas
    canvas = shown
    return shown.picture(depth: painting.depth)
  }
}
