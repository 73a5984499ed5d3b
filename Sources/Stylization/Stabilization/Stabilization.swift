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
  /// Where nothing moves and nothing changes.
  static let still: Float = 0.92
  /// Along trusted motion.
  static let moving: Float = 0.95
  /// By how much fine strokes are strengthened along trusted motion, which makes up for what the coarse half loses in sharpness.
  static let detail: Float = 0.15
  /// Mean absolute change of the source (0…255, over five by five pixels at half size) up to which it stands still, and from which on it does not.
  static let stillChange: ClosedRange<Float> = 1.5...5
  /// Pixels at half size up to which flow is taken for none, and from which on something moves.
  static let stillFlow: ClosedRange<Float> = 0.1...0.2
  /// How fast trust falls with the squared difference between a source frame and the warped one before it: exp(-a d²), d in 0…1.
  static let colourDecay: Float = 60
  /// How fast trust falls with the squared difference between two paintings' colours over nine by nine pixels at half size, the channels' sum.
  static let paintDecay: Float = 100
  /// What forward and backward flow may miss each other by: a share of their squared lengths, and squared pixels at half size beyond. Generous,
  /// because the forward flow is only a coarse check; colours decide besides.
  static let consistency: (relative: Float, absolute: Float) = (0.2, 9)
  /// A frame is another scene where less than this share of it can be trusted …
  static let leastTrust: Float = 0.25
  /// … or where it differs so much on average (0…1) from what the one before it becomes by its motion …
  static let mostChange: Float = 0.13
  /// … or by so much more than frames did before, and by more than a little. One frame too many that stands for itself does no harm.
  static let suddenChange: (factor: Float, least: Float) = (3, 0.03)
}
