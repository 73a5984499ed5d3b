internal import Imaging
internal import OpticalFlow

/// Measures one clip, frame by frame, and any number of paintings of it.
///
/// Belongs to one thread.
final class ClipMeter {
  /// Where the motion between frames comes from.
  enum Motion {
    /// Dense inverse search on the source, medium preset, both ways; what does not lead back is left out.
    case estimated
    /// Known: from each frame to its predecessor, and the pixels that count.
    case known(Flow, FlowMask)
  }

  private struct Sums {
    var energies: [Double] = []
    var flicker = 0
    var sharpness = 0.0
    var reference = 0.0
    var hasReference = false
  }

  private let motion: Motion
  private let estimator: FlowEstimator?
  private var sums: [Sums]
  private var sourceEnergies: [Double] = []
  private var trusted = 0.0
  private var comparisons = 0
  private var still = 0
  private var sourceFlicker = 0
  private var frames = 0
  private var pixels = 0
  private var previous: (source: ImageBuffer, outputs: [ImageBuffer], gray: GrayImage)?

  init(motion: Motion, outputs: Int) throws(FlowError) {
    self.motion = motion
    if case .estimated = motion { estimator = try FlowEstimator(preset: .medium) } else { estimator = nil }
    sums = [Sums](repeating: Sums(), count: outputs)
  }

  /// Takes the next frame: the source's, each output's, and where there is one the unstabilised output's. Outputs of another size are brought to the
  /// source's by averaging areas.
  func add(source: ImageBuffer, outputs painted: [ImageBuffer], references: [ImageBuffer?] = []) throws(FlowError) {
    let source = source.inEightBits()
    var outputs: [ImageBuffer] = []
    for output in painted { outputs.append(try output.inEightBits().areaScaled(width: source.width, height: source.height)) }
    for (index, output) in painted.enumerated() {
      sums[index].sharpness += try FrameMeasures.sharpness(output)
      guard index < references.count, let reference = references[index] else { continue }
      sums[index].reference += try FrameMeasures.sharpness(reference)
      sums[index].hasReference = true
    }
    let gray = try GrayImage(source)
    defer {
      previous = (source, outputs, gray)
      frames += 1
    }
    guard let previous else { return }
    pixels = source.pixels
    try compare((previous.source, source), Array(zip(previous.outputs, outputs)), gray: (previous.gray, gray))
    guard estimator != nil else { return }
    let flicker = FrameMeasures.flicker(source: (previous.source, source), outputs: Array(zip(previous.outputs, outputs)))
    still += flicker.pixels
    sourceFlicker += flicker.source
    for (index, sum) in flicker.outputs.enumerated() { sums[index].flicker += sum }
  }

  private func compare(
    _ source: (ImageBuffer, ImageBuffer), _ outputs: [(ImageBuffer, ImageBuffer)], gray: (GrayImage, GrayImage)
  ) throws(FlowError) {
    let flow: Flow
    let mask: FlowMask
    switch motion {
    case .known(let known, let counted): (flow, mask) = (known, counted)
    case .estimated:
      guard let estimator else { return }
      flow = try estimator.flow(from: gray.1, to: gray.0)
      mask = try flow.consistent(with: estimator.flow(from: gray.0, to: gray.1))
    }
    comparisons += 1
    trusted += mask.share
    guard let floor = try WarpError.between(source.0, source.1, flow: flow, mask: mask) else { return }
    sourceEnergies.append(floor)
    for (index, output) in outputs.enumerated() {
      guard let energy = try WarpError.between(output.0, output.1, flow: flow, mask: mask) else { continue }
      sums[index].energies.append(energy)
    }
  }

  /// What has been measured, an entry for each output.
  func scores() -> [ClipScores] {
    sums.map { sum in
      var scores = ClipScores(frames: frames)
      if frames > 0 { scores.sharpness = sum.sharpness / Double(frames) }
      if sum.hasReference, sum.reference > 0 { scores.keptSharpness = sum.sharpness / sum.reference }
      guard comparisons > 0 else { return scores }
      scores.trusted = trusted / Double(comparisons)
      if !sourceEnergies.isEmpty {
        let energy = sum.energies.reduce(0, +) / Double(sum.energies.count)
        let floor = sourceEnergies.reduce(0, +) / Double(sourceEnergies.count)
        scores.warpError = energy.squareRoot()
        scores.sourceWarpError = floor.squareRoot()
        scores.excess = energy - floor
        scores.steps = zip(sum.energies, sourceEnergies).map {
          ClipScores.Step(warpError: $0.squareRoot(), source: $1.squareRoot())
        }
      }
      guard estimator != nil else { return scores }
      scores.still = Double(still) / Double(comparisons * pixels)
      if still > 0 {
        scores.flicker = Double(sum.flicker) / Double(3 * still)
        scores.sourceFlicker = Double(sourceFlicker) / Double(3 * still)
      }
      return scores
    }
  }
}
