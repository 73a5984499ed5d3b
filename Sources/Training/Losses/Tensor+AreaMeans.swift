internal import Torch

extension Tensor {
  /// The means of square areas of pictures [N, C, H, W], [N, C, H / side, W / side]; what is left over at the right and below is left out.
  func areaMeans(side: Int) throws(TorchError) -> Tensor {
    let shape = try shape()
    let (rows, columns) = (shape[2] / side, shape[3] / side)
    return try narrowed(dimension: 2, start: 0, length: rows * side).narrowed(dimension: 3, start: 0, length: columns * side)
      .reshaped([shape[0], shape[1], rows, side, columns, side]).mean(along: 5).mean(along: 3)  // [N, C, rows, 1, columns, 1]
      .reshaped([shape[0], shape[1], rows, columns])
  }
}
