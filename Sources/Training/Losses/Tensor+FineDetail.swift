internal import Torch

extension Tensor {
  /// Pictures [N, 1, H, W] less what is smooth in them, [N, 1, H - 4, W - 4].
  func fineDetail() throws(TorchError) -> Tensor {
    let smooth = try smoothed()  // [N, 1, H - 4, W - 4]
    let shape = try smooth.shape()
    return try narrowed(dimension: 2, start: 2, length: shape[2]).narrowed(dimension: 3, start: 2, length: shape[3]).minus(smooth)
  }

  /// The means of pictures [N, 1, H, W] by binomial weights over five by five pixels, [N, 1, H - 4, W - 4].
  func smoothed() throws(TorchError) -> Tensor { try smoothed(along: 2).smoothed(along: 3) }

  private func smoothed(along dimension: Int) throws(TorchError) -> Tensor {
    let length = try shape()[dimension] - 4
    func part(_ start: Int, _ weight: Double) throws(TorchError) -> Tensor {
      try narrowed(dimension: dimension, start: start, length: length).scaled(by: weight / 16)
    }
    return try part(0, 1).plus(part(1, 4)).plus(part(2, 6)).plus(part(3, 4)).plus(part(4, 1))
  }
}
