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
  /// How much of the difference to the frame before is taken back along trusted motion …
  static let moving: Float = 0.8
  /// … and how much of that is given back of the difference's large areas: colours are the frame's own, or what has passed would glow on.
  static let movingColour: Float = 0.95
  /// How much of the difference between fine strokes of two frames is taken back along motion that is fully trusted.
  static let movingFine: Float = 0.5
  /// By how much fine strokes are strengthened along trusted motion, to make up for what the coarser ones lose in sharpness: at first, at most, and how
  /// fast that changes with what is missing.
  static let fineStrokes: (first: Float, most: Float, step: Float) = (0.2, 1, 0.4)
  /// By how much coarse strokes are, to make up for contrast: at first, at most, and how much of what is missing or too much is made up for in a frame.
  static let coarseStrokes: (first: Float, most: Float, step: Float) = (0.1, 0.4, 0.2)
  /// The share of a painting's sharpness (energy of the Laplacian) that is to be kept …
  static let sharpness: Float = 0.975
  /// … and of its coarse strokes' contrast (standard deviation).
  static let contrast: Float = 1
  /// How much of a painting's large areas comes through where the source stands still.
  static let stillColour: Float = 0.1
  /// Mean absolute change of the source (0…255, over five by five pixels at half size) up to which it stands still, and from which on it does not.
  static let stillChange: ClosedRange<Float> = 4...6
  /// Pixels at half size up to which flow is taken for none, and from which on something moves: while the camera moves …
  static let stillFlow: ClosedRange<Float> = 0.1...0.2
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
  /// The share of pixels that must have a change of brightness in common for it to be the camera's, and the least such change.
  static let commonExposure: Float = 0.3
  static let exposureChange: Float = 0.012
  /// How far around a pixel nothing may change when it is painted to stay, in pixels at a quarter of the size; and the share that does: up to the first all
  /// is calm, from the second on it is not. A network's strokes reach as far.
  static let surroundings = 8
  static let unrest: ClosedRange<Float> = 0.02...0.06
  /// The share of edges that move: up to the first the camera stands, from the second on it moves.
  static let movingEdges: ClosedRange<Float> = 0.2...0.5
  /// The difference of colours (0…1, root mean square of three channels, at a quarter of the size) between a source frame and the warped one before it from which
  /// on nothing is trusted; below, trust is (1 - (d / this)²)².
  static let farthestColour: Float = 0.4
  /// How much of the frame's diagonal something may move by from frame to frame to be trusted fully, and from where on not at all: where the eye cannot follow, it
  /// sees no flicker, and strokes that are led too far lose their shape.
  static let speed: ClosedRange<Float> = 0.02...0.06
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
