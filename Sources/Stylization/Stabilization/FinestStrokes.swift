/// The finest strokes where any are led: squared second differences between neighbours in a row, summed.
///
/// Moving and mixing take most from these, which an area's contrast hardly shows, and encoders take more still.
struct FinestStrokes {
  private typealias Weights = StabilizationWeights

  /// The energy they have in the painting.
  var painted: Float = 0
  /// The energy they have in what is shown.
  var shown: Float = 0

  /// These, and what came before, which counts less each time: frames of a clip are not all equally sharp.
  func after(_ before: FinestStrokes) -> FinestStrokes {
    let memory = Weights.sharpening.memory
    return FinestStrokes(painted: painted + memory * before.painted, shown: shown + memory * before.shown)
  }

  /// By how much they are to be strengthened when they are moved next, as `StrokeKernel` takes it.
  var sharpening: Float {
    let (wanted, share, bounds, _) = Weights.sharpening
    let kept = painted > 0 ? shown / painted : 1
    return max(bounds.lowerBound, min(bounds.upperBound, share * (wanted - kept)))
  }
}
