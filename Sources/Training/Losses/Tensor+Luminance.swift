internal import Torch

extension Tensor {
  /// The relative luminance of pictures [N, 3, H, W] by BT.709's weights, [N, 1, H, W].
  func luminance() throws(TorchError) -> Tensor {
    func part(_ channel: Int, _ weight: Double) throws(TorchError) -> Tensor {
      try narrowed(dimension: 1, start: channel, length: 1).scaled(by: weight)
    }
    return try part(0, 0.2126).plus(part(1, 0.7152)).plus(part(2, 0.0722))
  }
}
