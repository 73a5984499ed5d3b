internal import StyleNetworks
internal import Torch

/// Small changes of the photograph must make small changes of the painting: mean((S(x) - S(x + n))²) (de Berker & Rainy 2018, "Stabilizing
/// neural style-transfer for video"); with a shift of the picture besides, S must follow the shift (after Eilertsen et al. 2019, "Single-Frame
/// Regularization for Temporally Stable CNNs").
enum TemporalLoss {
  /// What is done to the photographs.
  struct Disturbance: Sendable {
    /// Added to the pictures in 0…1, [N, 3, H, W].
    var noise: Tensor
    /// Pixels by which the pictures move, cyclically.
    var rows = 0
    var columns = 0
    /// Pixels at each side that do not count, because the network sees the edge there.
    var margin = 0

    /// The photographs as the network sees them the second time, [N, 3, H, W].
    func applied(to photographs: Tensor) throws(TorchError) -> Tensor {
      try moved(photographs).plus(noise)
    }

    fileprivate func moved(_ pictures: Tensor) throws(TorchError) -> Tensor {
      rows == 0 && columns == 0 ? pictures : try pictures.rolled(rows: rows, columns: columns)
    }

    fileprivate func inner(_ pictures: Tensor) throws(TorchError) -> Tensor {
      let shape = try pictures.shape()
      let margin = min(margin, shape[2] / 4, shape[3] / 4)
      guard margin > 0 else { return pictures }
      return try pictures.narrowed(dimension: 2, start: margin, length: shape[2] - 2 * margin)
        .narrowed(dimension: 3, start: margin, length: shape[3] - 2 * margin)
    }
  }

  /// - Parameters:
  ///   - painting: S(x), [N, 3, H, W].
  ///   - disturbed: S of the disturbed photographs, of the same shape.
  /// - Returns: [].
  static func of(_ painting: Tensor, _ disturbed: Tensor, _ disturbance: Disturbance) throws(TorchError) -> Tensor {
    try disturbance.inner(disturbance.moved(painting)).meanSquaredDifference(disturbance.inner(disturbed))
  }
}

extension Recipe.Temporal {
  /// The disturbance of a step; nil where the step has none. The same seed and step give the same.
  func disturbance(shape: [Int], seed: UInt64, step: Int, device: Device) throws(TorchError) -> TemporalLoss.Disturbance? {
    guard weight > 0, step % max(1, every) == 0 else { return nil }
    var generator = SplitMix64(state: SeededValues.hash("temporal.\(seed).\(step)"))
    let noiseSeed = generator.next()
    switch noise {
    case .sparse(let share, let amplitude):
      let noise = try Tensor.sparseNoise(shape, share: share, amplitude: amplitude, seed: noiseSeed, device: device)
      return TemporalLoss.Disturbance(noise: try noise.scaled(by: 1.0 / 255))
    case .gaussian(let deviation):
      let noise = try Tensor.normal(shape, seed: noiseSeed, device: device)
      return TemporalLoss.Disturbance(
        noise: try noise.scaled(by: deviation), rows: Int.random(in: -shift...shift, using: &generator),
        columns: Int.random(in: -shift...shift, using: &generator), margin: margin)
    }
  }
}
