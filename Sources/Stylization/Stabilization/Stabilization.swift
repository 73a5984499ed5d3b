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
  static let moving: Float = 0.8
  /// Mean absolute change of the source (0…255, over five by five pixels at half size) up to which it stands still, and from which on it does not.
  static let stillChange: ClosedRange<Float> = 1.5...5
  /// How fast trust falls with the squared difference between a source frame and the warped one before it: exp(-a d²), d in 0…1.
  static let colourDecay: Float = 60
  /// What forward and backward flow may miss each other by, as in Sundaram et al. 2010: a share of their squared lengths, and squared pixels beyond.
  static let consistency: (relative: Float, absolute: Float) = (0.02, 0.3)
  /// A frame is another scene where less than this share of it can be trusted …
  static let leastTrust: Float = 0.25
  /// … or where it differs so much on average (0…1) from what the one before it becomes by its motion.
  static let mostChange: Float = 0.12
}
