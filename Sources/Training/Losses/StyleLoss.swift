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

  /// Feature maps cut into `count` x `count` tiles, which become pictures of their own, so that every part of the painting has to be painted.
  /// Rows and columns that are over at the right and the bottom are left out.
  ///
  /// - Parameter features: [N, C, H, W].
  /// - Returns: [count² N, C, H / count, W / count]; the features themselves where they are smaller than the grid.
  static func tiles(of features: Tensor, count: Int) throws(TorchError) -> Tensor {
    let shape = try features.shape()
    let (height, width) = (shape[2] / count, shape[3] / count)
    guard count > 1, height > 0, width > 0 else { return features }
    var tiles: [Tensor] = []
    for row in 0..<count {
      let band = try features.narrowed(dimension: 2, start: row * height, length: height)  // [N, C, H / count, W]
      for column in 0..<count {
        tiles.append(try band.narrowed(dimension: 3, start: column * width, length: width))  // [N, C, H / count, W / count]
      }
    }
    return try Tensor.cat(tiles, dimension: 0)  // [count² N, C, H / count, W / count]
  }
}
