internal import StyleNetworks
internal import Torch

extension Recipe.Temporal {
  /// The disturbance of a step; nil where the step has none. The same seed and step give the same.
  func disturbance(shape: [Int], seed: UInt64, step: Int, device: Device) throws(TorchError) -> TemporalLoss.Disturbance? {
    guard weight > 0 || features > 0, step % max(1, every) == 0 else { return nil }
    var generator = SplitMix64(state: SeededValues.hash("temporal.\(seed).\(step)"))
    let noiseSeed = generator.next()
    let added: Tensor
    switch noise {
    case .sparse(let share, let amplitude):
      added = try Tensor.sparseNoise(shape, share: share, amplitude: amplitude, seed: noiseSeed, device: device)
        .scaled(by: 1.0 / 255)
    case .gaussian(let deviation):
      added = try Tensor.normal(shape, seed: noiseSeed, device: device).scaled(by: deviation)
    }
    var result = TemporalLoss.Disturbance(noise: added)
    if motion != .none {
      result.flow = try ExactFlow(motion, shape: shape, margin: margin, generator: &generator, device: device)
    }
    if light > 0 {
      result.gain = 1 + Double.random(in: -light...light, using: &generator)
      result.offset = Double.random(in: -light / 2...light / 2, using: &generator)
    }
    return result
  }
}
