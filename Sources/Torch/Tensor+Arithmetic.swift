internal import CTorch

/// Arithmetic that leaves its arguments alone: what gradients flow through. Shapes broadcast as PyTorch's do.
extension Tensor {
  /// x + y.
  public func plus(_ other: Tensor) throws(TorchError) -> Tensor {
    try .make("add") { $0.add(handle, other.handle, $1) }
  }

  /// x - y.
  public func minus(_ other: Tensor) throws(TorchError) -> Tensor {
    try .make("sub") { $0.subtract(handle, other.handle, $1) }
  }

  /// x · y, element by element.
  public func times(_ other: Tensor) throws(TorchError) -> Tensor {
    try .make("mul") { $0.multiply(handle, other.handle, $1) }
  }

  /// x / y, element by element.
  public func divided(by other: Tensor) throws(TorchError) -> Tensor {
    try .make("div") { $0.divide(handle, other.handle, $1) }
  }

  /// The matrix product of the last two dimensions: [… , n, k] by [… , k, m] to [… , n, m].
  public func matrixProduct(_ other: Tensor) throws(TorchError) -> Tensor {
    try .make("matmul") { $0.matmul(handle, other.handle, $1) }
  }

  /// F Fᵀ of each of `tiles` x `tiles` equal parts of feature maps [N, C, H, W], the rows of F being a part's maps: [tiles² N, C, C], row by row
  /// of parts, f32 for bf16. Rows and columns that are over at the bottom and the right are left out.
  public func tileProducts(_ tiles: Int) throws(TorchError) -> Tensor {
    try .make("matmul") { $0.gram(handle, Int64(tiles), $1) }
  }

  /// x · factor + offset.
  public func scaled(by factor: Double, offset: Double = 0) throws(TorchError) -> Tensor {
    try .make("mul") { $0.scale(handle, factor, offset, $1) }
  }

  /// |x|.
  public func absolute() throws(TorchError) -> Tensor {
    try .make("abs") { $0.absolute(handle, $1) }
  }

  /// x².
  public func squared() throws(TorchError) -> Tensor {
    try .make("square") { $0.square(handle, $1) }
  }

  /// √x.
  public func squareRoot() throws(TorchError) -> Tensor {
    try .make("sqrt") { $0.square_root(handle, $1) }
  }

  /// max(x, 0).
  public func relu() throws(TorchError) -> Tensor {
    try .make("relu") { $0.relu(handle, $1) }
  }

  /// 1 / (1 + exp(-x)).
  public func sigmoid() throws(TorchError) -> Tensor {
    try .make("sigmoid") { $0.sigmoid(handle, $1) }
  }

  /// The sum of all elements, [].
  public func sum() throws(TorchError) -> Tensor {
    try .make("sum") { $0.sum(handle, $1) }
  }

  /// The mean of all elements, [].
  public func mean() throws(TorchError) -> Tensor {
    try .make("mean") { $0.mean(handle, $1) }
  }

  /// The means along one dimension, which stays with size 1.
  public func mean(along dimension: Int) throws(TorchError) -> Tensor {
    try .make("mean") { $0.mean_along(handle, Int64(dimension), $1) }
  }

  /// The variance of all elements with Bessel's correction, [], f32 for bf16.
  public func variance() throws(TorchError) -> Tensor {
    try .make("var") { $0.variance(handle, $1) }
  }

  /// mean((x - y)²), [], f32 for bf16.
  public func meanSquaredDifference(_ other: Tensor) throws(TorchError) -> Tensor {
    try .make("mse_loss") { $0.mean_squared_difference(handle, other.handle, $1) }
  }

  /// The same elements under another shape.
  public func reshaped(_ shape: [Int]) throws(TorchError) -> Tensor {
    try .make("reshape") { $0.reshape(handle, shape.map(Int64.init), Int32(shape.count), $1) }
  }

  /// Two dimensions exchanged; shares memory.
  public func transposed(_ one: Int, _ other: Int) throws(TorchError) -> Tensor {
    try .make("transpose") { $0.transpose(handle, Int64(one), Int64(other), $1) }
  }

  /// Bilinear samples of pictures [N, C, H, W] at places [N, h, w, 2]: (x, y) where -1 and 1 are the outer edges of the outer pixels. Beyond them
  /// the picture is mirrored.
  ///
  /// - Returns: [N, C, h, w].
  public func sampled(at places: Tensor) throws(TorchError) -> Tensor {
    try .make("grid_sample") { $0.grid_sample(handle, places.handle, $1) }
  }

  /// 1 where every element along the last dimension is in -limit…limit, its own of `limits`, else 0; that dimension goes.
  public func within(_ limits: [Double]) throws(TorchError) -> Tensor {
    try .make("within") { $0.within(handle, limits, Int32(limits.count), $1) }
  }

  /// The same NCHW tensor with the channels of a pixel side by side in memory.
  public func channelsLast() throws(TorchError) -> Tensor {
    try .make("contiguous") { $0.channels_last(handle, $1) }
  }
}

/// Reproducible numbers: each call has a generator of its own, so that no hidden state has to be kept.
extension Tensor {
  /// f32 values of the standard normal distribution.
  ///
  /// - Parameters:
  ///   - shape: sizes, outermost first.
  ///   - seed: the same seed gives the same values on every CPU; a CUDA device draws its own.
  public static func normal(_ shape: [Int], seed: UInt64, device: Device = .cpu) throws(TorchError) -> Tensor {
    try .make("randn") { $0.random_normal(shape.map(Int64.init), Int32(shape.count), seed, device.handle, $1) }
  }

  /// f32 whole numbers, uniform in -amplitude…amplitude on about `share` of the elements, 0 on the others.
  ///
  /// - Parameters:
  ///   - shape: sizes, outermost first.
  ///   - share: 0…1.
  ///   - amplitude: 0 or more.
  ///   - seed: the same seed gives the same values on every CPU; a CUDA device draws its own.
  public static func sparseNoise(
    _ shape: [Int], share: Double, amplitude: Int, seed: UInt64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try .make("randint") {
      $0.random_sparse(shape.map(Int64.init), Int32(shape.count), share, Int64(amplitude), seed, device.handle, $1)
    }
  }
}
