internal import Torch

/// How far a painting's Gram matrices are from the artwork's (Gatys et al. 2015; Johnson et al. 2016).
enum StyleLoss {
  /// mean((G(y) - G(s))²) at one layer.
  ///
  /// - Parameters:
  ///   - painting: G(y), [N, C, C].
  ///   - artwork: G(s), [1, C, C].
  /// - Returns: [].
  static func absolute(_ painting: Tensor, _ artwork: Tensor) throws(TorchError) -> Tensor {
    try painting.minus(artwork).squared().mean()
  }

  /// mean((G(y) - G(s))²) / mean(G(s)²) at one layer: 1 for a picture without any features, whatever the artwork and the layer.
  static func relative(_ painting: Tensor, _ artwork: Tensor) throws(TorchError) -> Tensor {
    try absolute(painting, artwork).divided(by: artwork.squared().mean())
  }
}
