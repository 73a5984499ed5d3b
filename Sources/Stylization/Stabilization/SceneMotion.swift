internal import OpticalFlow

/// What a source frame has in common with the one before it, at half its size.
struct SceneMotion: Sendable {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// Where each pixel was in the frame before; nil where motion is not looked at.
  let flow: Flow?
  /// How far strokes are led along the motion, 0…1; nothing where motion is not looked at.
  let moving: [Float]
  /// How far a pixel stands still, 0…1.
  let still: [Float]
  /// What something that passed a resting camera has left, and what is held around it is alike; nil where there is none.
  let left: WhatIsLeft?
}
