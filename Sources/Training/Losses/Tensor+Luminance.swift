internal import Torch

extension Tensor {
  /// The relative luminance of pictures [N, 3, H, W] by BT.709's weights, [N, 1, H, W].
  func luminance() throws(TorchError) -> Tensor { try channelSum([0.2126, 0.7152, 0.0722]) }

  /// The weighted sum of the channels of pictures [N, 3, H, W], [N, 1, H, W].
  func channelSum(_ weights: [Double]) throws(TorchError) -> Tensor {
    func part(_ channel: Int) throws(TorchError) -> Tensor {
      try narrowed(dimension: 1, start: channel, length: 1).scaled(by: weights[channel])
    }
    return try part(0).plus(part(1)).plus(part(2))
  }
}
