internal import Torch

/// How far a painting's features are from the photograph's (Johnson et al. 2016, "Perceptual Losses", feature reconstruction).
enum ContentLoss {
  /// mean((F(y) - F(x))²).
  ///
  /// - Parameters:
  ///   - painting: F(y), [N, C, H, W].
  ///   - photograph: F(x), of the same shape.
  /// - Returns: [].
  static func absolute(_ painting: Tensor, _ photograph: Tensor) throws(TorchError) -> Tensor {
    try painting.meanSquaredDifference(photograph)
  }

  /// mean((F(y) - F(x))²) / var(F(x)): 1 where the painting's features are as far away as the photograph's own spread.
  static func relative(_ painting: Tensor, _ photograph: Tensor) throws(TorchError) -> Tensor {
    try absolute(painting, photograph).divided(by: photograph.variance())
  }
}
