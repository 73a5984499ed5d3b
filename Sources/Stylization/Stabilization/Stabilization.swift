/// How flicker between frames is taken away.
public enum Stabilization: String, Sendable, Hashable, CaseIterable {
  /// Along the motion where OpenCV is there, else only where nothing moves.
  case auto
  /// Not at all: every frame is painted for itself.
  case off
  /// Where the source does not change.
  case `static`
  /// Where the source does not change, and along its motion.
  case flow
}

/// How strongly a frame leans on the one before it. Measured in docs/STABILITY.md.
enum StabilizationWeights {
  /// How far motion must be trusted for strokes to be led along it: not at all below the range, and fully above it. In between they are mixed with the
  /// painting's, and mixtures of strokes are blur.
  static let leading: ClosedRange<Float> = 0.5...0.8
  /// The share of what is not led around strokes: up to the first they are led, from the second on all of them are painted anew, because patches of old strokes among
  /// new ones look like neither. And how far around is looked at, in pixels at a quarter of the size.
  static let breaking: (share: ClosedRange<Float>, radius: Int) = (0.2...0.4, 5)
  /// How much of strokes that are led is the painting's own in each frame while the camera rests.
  static let passing: Float = 0.2
  /// How much of the colour of large areas is the painting's own where strokes are led, or what has passed would glow on.
  static let movingColour: Float = 1
  /// By how much the contrast of strokes that are led may be changed in a frame for it to be the painting's.
  static let strengthening: ClosedRange<Float> = 0.6...1.6
  /// How much the finest strokes, which an area's contrast hardly shows, are strengthened when they are moved by half a pixel: `share` of what their energy lacks of `wanted`
  /// times the painting's, within bounds. Of each frame's energies so much goes on counting in the next one.
  static let sharpening: (wanted: Float, share: Float, bounds: ClosedRange<Float>, memory: Float) = (1.15, 0.2, 0.008...0.04, 0.9)
  /// When strokes that are led are painted anew.
  enum Strokes {
    /// How many frames after they were painted they are at the longest.
    static let longest: Float = 80
  }
  /// How much of a painting's large areas comes through where the source stands still.
  static let stillColour: Float = 0.06
  /// For how many frames a camera must have rested for what something leaves to be looked after: what is held around it is hardly older otherwise.
  static let longRest = 12
  /// How far the source may be from what is held around it (0…255, luma and differences of colour) for what something has left to have its level: up to the first wholly, from
  /// the second on not at all.
  static let likeness: ClosedRange<Float> = 8...24
  /// Mean absolute change of the source (0…255, over five by five pixels at half size) up to which it stands still, and from which on it does not.
  static let stillChange: ClosedRange<Float> = 4...6
  /// Pixels at half size up to which flow is taken for none, and from which on something moves: while the camera moves …
  static let stillFlow: ClosedRange<Float> = 0.02...0.05
  /// … and while it stands, when flow on smooth areas is only noise.
  static let restingFlow: ClosedRange<Float> = 0.5...0.6
  /// How far the frame before must have been painted as it is, and not led by motion, to stay where the source stands still: not at all below the
  /// range. What was led astray would stay for good.
  static let impure: ClosedRange<Float> = 0.8...1
  /// How many frames a pixel must have stood still for to belong to what is behind; how many such pixels on edges tell whether the camera
  /// rests; and the share of them that stay in place: up to the first the camera moves, from the second on it rests.
  static let settled: UInt8 = 6
  static let fewestEdges = 24
  static let stayingEdges: ClosedRange<Float> = 0.3...0.5
  /// The longest way, in pixels at a quarter of the size, that an edge which stays may seem to have moved.
  static let stayingFlow: Float = 0.2
  /// The share of pixels that must have a change of brightness in common for it to be the camera's, and the least such change.
  static let commonExposure: Float = 0.3
  static let exposureChange: Float = 0.012
  /// How far around strokes things move that matter to them, in pixels at a quarter of the size: a network's strokes reach as far. And where the source
  /// stands still the share that changes: up to the first all is calm, from the second on it is not.
  static let surroundings = 8
  static let unrest: ClosedRange<Float> = 0.02...0.06
  /// The share of edges that move: up to the first the camera stands, from the second on it moves.
  static let movingEdges: ClosedRange<Float> = 0.2...0.5
  /// The difference of colours (0…1, root mean square of three channels, at a quarter of the size) between a source frame and the warped one before it from which
  /// on nothing is trusted; below, trust is (1 - (d / this)²)².
  static let farthestColour: Float = 0.4
  /// How much of the frame's diagonal something may move by from frame to frame to be trusted fully, and from where on not at all: where the eye cannot follow, it
  /// sees no flicker, and strokes that are led too far lose their shape.
  static let speed: ClosedRange<Float> = 0.03...0.08
  /// What comes from so near to an edge of the frame before, in pixels at a quarter of the size, and goes away from it is not trusted.
  static let edge: Float = 5
  /// How much motion may differ from two pixels to the next before nothing is trusted, in pixels at a quarter of the size: edges of what moves.
  static let farthestBend: Float = 3
  /// What forward and backward flow may miss each other by: a share of their squared lengths, and squared pixels at a quarter of the size
  /// beyond. Generous, because the forward flow is only a coarse check; colours decide besides.
  static let consistency: (relative: Float, absolute: Float) = (0.2, 2.25)
  /// A frame is another scene where less than this share of it can be trusted …
  static let leastTrust: Float = 0.25
  /// … or where it differs so much on average (0…1) from what the one before it becomes by its motion …
  static let mostChange: Float = 0.13
  /// … or by so much more than frames did before, and by more than a little. One frame too many that stands for itself does no harm.
  static let suddenChange: (factor: Float, least: Float) = (3, 0.03)
}

extension ClosedRange<Float> {
  /// 1 for values below the range, 0 above it, and in between the share that remains to its end.
  @inline(__always)
  func remainder(from value: Float) -> Float {
    Swift.min(1, Swift.max(0, (upperBound - value) / (upperBound - lowerBound)))
  }

  /// The range that lies so far (0…1) on the way to another.
  func moved(by share: Float, to other: ClosedRange<Float>) -> ClosedRange<Float> {
    let lower = lowerBound + (other.lowerBound - lowerBound) * share
    return lower...Swift.max(lower, upperBound + (other.upperBound - upperBound) * share)
  }
}
