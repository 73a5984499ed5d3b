internal import Torch

/// Total variation: how much neighbouring pixels differ (Rudin, Osher, Fatemi 1992; anisotropic form).
enum TotalVariationLoss {
  /// Σ|y[i, j+1] - y[i, j]| + Σ|y[i+1, j] - y[i, j]| over pictures, channels and positions.
  ///
  /// - Parameter pictures: [N, C, H, W].
  /// - Returns: [].
  static func sum(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let (across, down) = try differences(pictures)
    return try across.absolute().sum().plus(down.absolute().sum())
  }

  /// The same with means in place of sums, so that it does not depend on the size.
  static func mean(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let (across, down) = try differences(pictures)
    return try across.absolute().mean().plus(down.absolute().mean())
  }

  private static func differences(_ y: Tensor) throws(TorchError) -> (across: Tensor, down: Tensor) {
    let shape = try y.shape()
    let (height, width) = (shape[2], shape[3])
    let across = try y.narrowed(dimension: 3, start: 1, length: width - 1)
      .minus(y.narrowed(dimension: 3, start: 0, length: width - 1))  // [N, C, H, W - 1]
    let down = try y.narrowed(dimension: 2, start: 1, length: height - 1)
      .minus(y.narrowed(dimension: 2, start: 0, length: height - 1))  // [N, C, H - 1, W]
    return (across, down)
  }
}

/// mean(max(-y, 0)² + max(y - 1, 0)²): keeps the colours of a network without an activation at its end in 0…1, where clamping would otherwise
/// hide from it that it has left them.
enum RangeLoss {
  /// - Parameter pictures: [N, 3, H, W] in about 0…1.
  /// - Returns: [].
  static func of(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let below = try pictures.scaled(by: -1).relu().squared()  // [N, 3, H, W]
    let above = try pictures.scaled(by: 1, offset: -1).relu().squared()  // [N, 3, H, W]
    return try below.plus(above).mean()
  }
}
