internal import CTorch

/// Passes that LibTorch has no single call for; the fused ones are bfloat16 with channels last, on CUDA.
extension Tensor {
  /// Whether a device has fused passes.
  public static func fuses(on device: Device) throws(TorchError) -> Bool { try Runtime.table().fuses(device.handle) }

  /// Convolution of stride 1 and ReLU, in one pass where the device has that. The gradient reaches what goes in, not the weights.
  public func convolvedWithReLU(weight: Tensor, bias: Tensor, padding: Int = 0) throws(TorchError) -> Tensor {
    try .make("conv2d") { $0.convolution_relu(handle, weight.handle, bias.handle, Int64(padding), $1) }
  }

  /// Convolution of stride 1 and ReLU, and the maximum of its 2x2 cells, whose gradients go back together. The gradient reaches what goes in, not the
  /// weights.
  ///
  /// - Parameter ceil: whether an odd row or column at the end is a cell.
  public func convolvedWithReLUAndPool(
    weight: Tensor, bias: Tensor, padding: Int = 0, ceil: Bool
  ) throws(TorchError) -> (whole: Tensor, pooled: Tensor) {
    var pooled: OpaquePointer?
    let whole = try Tensor.make("conv2d") {
      $0.convolution_relu_pool(handle, weight.handle, bias.handle, Int64(padding), ceil, $1, &pooled)
    }
    guard let pooled else { throw TorchError.failed(call: "conv2d", reason: "nothing was pooled") }
    return (whole, Tensor(owning: pooled))
  }

  /// 2-d convolution without bias and padding; weight [output, input, k, k'].
  public func convolved(weight: Tensor, stride: Int) throws(TorchError) -> Tensor {
    try .make("conv2d") { $0.convolution(handle, weight.handle, nil, Int64(stride), 0, 1, 1, $1) }
  }

  /// 2-d transposed convolution without bias; weight [input, output, k, k].
  public func transposeConvolved(weight: Tensor, stride: Int, padding: Int, outputPadding: Int) throws(TorchError) -> Tensor {
    try .make("conv_transpose2d") {
      $0.transposed_convolution(handle, weight.handle, nil, Int64(stride), Int64(padding), Int64(outputPadding), $1)
    }
  }

  /// [N, C, H, W] with zeros as further channels.
  public func paddedChannels(to channels: Int) throws(TorchError) -> Tensor {
    try .make("constant_pad_nd") { $0.pad_channels(handle, Int64(channels), $1) }
  }

  /// Reflection padding of relu?(instance norm(x)) + residual?: [N, C f², H, W] to [N, C, f H + 2 p, f W + 2 p].
  ///
  /// - Parameters:
  ///   - factor: f, 1 or 2. With 2 the channels are phases x C, shuffled into place, and no gradient flows.
  ///   - residual: [N, C, f H + 2 m, f W + 2 m], of which the border of `margin` m is left out.
  ///   - padding: p.
  public func fusedNorm(
    weight: Tensor, bias: Tensor, epsilon: Double, relu: Bool, factor: Int = 1, residual: Tensor? = nil, margin: Int = 0,
    padding: Int
  ) throws(TorchError) -> Tensor {
    try .make("norm") {
      $0.fused_norm(
        handle, weight.handle, bias.handle, epsilon, relu, Int64(factor), residual?.handle, Int64(margin), Int64(padding), $1)
    }
  }

  /// The rows of `kernel` pixels of pictures (bytes [N, H, W, 3] or f32 [N, 3, H, W]) as channels 3 j + colour, zeros after them, mirrored at the edges:
  /// [N, channels, H + kernel - 1, W].
  public func unfoldedRows(kernel: Int, channels: Int) throws(TorchError) -> Tensor {
    try .make("unfold_rows") { $0.unfold_rows(handle, Int64(kernel), Int64(channels), $1) }
  }

  /// The 2x2 cells of pictures as 12 channels and 4 zeros, with reflection padding of one: [N, 16, H / 2 + 2, W / 2 + 2].
  public func unshuffledAndPadded() throws(TorchError) -> Tensor {
    try .make("unshuffle_padded") { $0.unshuffle_padded(handle, $1) }
  }

  /// Channels 3 r + colour of [N, C, H + kernel - 1, W], each from r rows further down, added up with a bias [3]: pictures as bytes [N, H, W, 3] or f32
  /// [N, 3, H, W].
  public func summedRows(bias: Tensor, kernel: Int, sigmoid: Bool, bytes: Bool) throws(TorchError) -> Tensor {
    try .make("sum_rows") { $0.sum_rows(handle, bias.handle, Int64(kernel), sigmoid, bytes, $1) }
  }

  /// Channels 4 colour + phase of [N, C, H, W] with a bias of each, [12], as pictures of twice the size: bytes [N, 2 H, 2 W, 3] or f32 [N, 3, 2 H, 2 W].
  public func shuffledOut(bias: Tensor, bytes: Bool) throws(TorchError) -> Tensor {
    try .make("shuffle_out") { $0.shuffle_out(handle, bias.handle, bytes, $1) }
  }

  /// Planes of luma and of both colour differences at half of its sides, bytes [N, 3/2 H, W], as pictures of bytes [N, H, W, 3].
  ///
  /// - Parameters:
  ///   - red: the share of red in luma.
  ///   - blue: the share of blue in luma.
  ///   - isFullRange: whether the planes' bytes go from 0 to 255.
  public func picturesOfPlanes(red: Float, blue: Float, isFullRange: Bool) throws(TorchError) -> Tensor {
    try .make("planes_to_rgb") { $0.planes_to_pictures(handle, ct_coding(red: red, blue: blue, full_range: isFullRange), $1) }
  }

  /// Pictures of bytes [N, H, W, 3] as planes, bytes [N, 3/2 H, W]; the other way of `picturesOfPlanes`.
  public func planesOfPictures(red: Float, blue: Float, isFullRange: Bool) throws(TorchError) -> Tensor {
    try .make("rgb_to_planes") { $0.pictures_to_planes(handle, ct_coding(red: red, blue: blue, full_range: isFullRange), $1) }
  }
}
