internal import CTorch

/// Layers on NCHW tensors.
extension Tensor {
  /// Adds `padding` rows and columns on each side by reflection.
  public func reflectionPadded(_ padding: Int) throws(TorchError) -> Tensor {
    try .make("reflection_pad2d") { $0.reflection_pad(handle, Int64(padding), $1) }
  }

  /// 2-d convolution with `padding` zeros on each side and taps `dilation` apart; weight [output, input / groups, k, k], bias [output].
  public func convolved(
    weight: Tensor, bias: Tensor, stride: Int = 1, padding: Int = 0, groups: Int = 1, dilation: Int = 1
  ) throws(TorchError) -> Tensor {
    try .make("conv2d") {
      $0.convolution(handle, weight.handle, bias.handle, Int64(stride), Int64(padding), Int64(groups), Int64(dilation), $1)
    }
  }

  /// The greatest value of each `side` x `side` window, windows `side` apart; with `ceil` the last may reach over the edge.
  public func maxPooled(_ side: Int, ceil: Bool) throws(TorchError) -> Tensor {
    try .make("max_pool2d") { $0.max_pool(handle, Int64(side), ceil, $1) }
  }

  /// 2-d transposed convolution; weight [input, output, k, k], bias [output].
  public func transposeConvolved(
    weight: Tensor, bias: Tensor, stride: Int, padding: Int, outputPadding: Int
  ) throws(TorchError) -> Tensor {
    try .make("conv_transpose2d") {
      $0.transposed_convolution(handle, weight.handle, bias.handle, Int64(stride), Int64(padding), Int64(outputPadding), $1)
    }
  }

  /// Instance normalisation with its own statistics; weight and bias [C].
  public func instanceNormalized(weight: Tensor, bias: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
    try .make("instance_norm") { $0.instance_norm(handle, weight.handle, bias.handle, epsilon, $1) }
  }

  /// Instance normalisation in place, with ReLU after it where wanted; weight and bias [C].
  public func instanceNormalizeInPlace(weight: Tensor, bias: Tensor, epsilon: Double, relu: Bool) throws(TorchError) {
    try Runtime.check("instance_norm") {
      $0.instance_norm_inplace(handle, weight.handle, bias.handle, epsilon, relu)
    }
  }

  /// Normalisation by the statistics of the whole batch without `margin` rows and columns on each side; they are returned: mean [C] and
  /// biased variance [C].
  public func pooledNormalized(
    weight: Tensor, bias: Tensor, epsilon: Double, margin: Int
  ) throws(TorchError) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    let api = try Runtime.table()
    var output: OpaquePointer?
    var mean: OpaquePointer?
    var variance: OpaquePointer?
    guard api.pooled_norm(handle, weight.handle, bias.handle, epsilon, Int64(margin), &output, &mean, &variance) == 0,
      let output, let mean, let variance
    else { throw TorchError.failed(call: "batch_norm", reason: String(cString: api.last_error())) }
    return (Tensor(owning: output), Tensor(owning: mean), Tensor(owning: variance))
  }

  /// Normalisation by given statistics: mean and variance [C].
  public func normalized(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Double
  ) throws(TorchError) -> Tensor {
    try .make("batch_norm") {
      $0.fixed_norm(handle, weight.handle, bias.handle, mean.handle, variance.handle, epsilon, $1)
    }
  }

  /// Nearest-neighbour upsampling by a whole factor.
  public func upsampled(by factor: Int) throws(TorchError) -> Tensor {
    try .make("upsample_nearest2d") { $0.upsample_nearest(handle, Int64(factor), $1) }
  }

  /// Space to depth.
  public func pixelUnshuffled(by factor: Int) throws(TorchError) -> Tensor {
    try .make("pixel_unshuffle") { $0.pixel_unshuffle(handle, Int64(factor), $1) }
  }

  /// Depth to space.
  public func pixelShuffled(by factor: Int) throws(TorchError) -> Tensor {
    try .make("pixel_shuffle") { $0.pixel_shuffle(handle, Int64(factor), $1) }
  }
}
