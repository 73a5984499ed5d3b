internal import Torch

/// Small changes of the photograph must make small changes of the painting, and what moves in it must take its paint along: with x₂ = W(x) + n,
/// mean((W(S(x)) - S(x₂))²), W following a flow that is known exactly (noise: de Berker & Rainy 2018, "Stabilizing neural style-transfer for
/// video"; flow and noise: Wang et al. 2020, "Consistent Video Style Transfer via Compound Regularization").
enum TemporalLoss {
  /// What is done to the photographs.
  struct Disturbance: Sendable {
    /// Added to the pictures in 0…1, [N, 3, H, W].
    var noise: Tensor
    /// Where everything comes from; nil where nothing moves.
    var flow: ExactFlow?
    /// What the pictures are multiplied by.
    var gain = 1.0
    /// What is added to them then.
    var offset = 0.0

    /// The photographs as the network sees them the second time, [N, 3, H, W].
    func applied(to photographs: Tensor) throws(TorchError) -> Tensor {
      try lit(moved(photographs)).plus(noise)
    }

    /// By how much the photographs' luminance changes where everything has moved to, [N, 1, H, W]; noise does not count.
    func brightening(of photographs: Tensor) throws(TorchError) -> Tensor {
      let moved = try moved(photographs)  // [N, 3, H, W]
      return try lit(moved).minus(moved).luminance()
    }

    func moved(_ pictures: Tensor) throws(TorchError) -> Tensor {
      guard let flow else { return pictures }
      return try pictures.sampled(at: flow.places)
    }

    private func lit(_ pictures: Tensor) throws(TorchError) -> Tensor {
      gain == 1 && offset == 0 ? pictures : try pictures.scaled(by: gain, offset: offset)
    }
  }

  /// The term on paintings.
  ///
  /// - Parameters:
  ///   - painting: S(x), [N, 3, H, W].
  ///   - disturbed: S(x₂), of the same shape.
  ///   - brightening: the change of luminance that the paintings may follow, [N, 1, H, W] (Gao et al. 2018, "ReCoNet", eq. 5); nil allows none.
  /// - Returns: [].
  static func of(
    _ painting: Tensor, _ disturbed: Tensor, _ disturbance: Disturbance, relaxedBy brightening: Tensor? = nil
  ) throws(TorchError) -> Tensor {
    guard let flow = disturbance.flow else {
      guard let brightening else { return try painting.meanSquaredDifference(disturbed) }
      return try disturbed.minus(painting).minus(brightening).squared().mean()
    }
    var change = try disturbed.minus(disturbance.moved(painting))  // [N, 3, H, W]
    if let brightening { change = try change.minus(brightening) }
    return try mean(change.squared(), over: flow.mask, channels: 3)
  }

  /// The term on what leaves the network's last residual block, as a share of its variance: a network cannot make it small by making its features
  /// small (after ReCoNet, eq. 4).
  ///
  /// - Parameters:
  ///   - features: F(x), [N, C, h, w].
  ///   - disturbed: F(x₂), of the same shape.
  /// - Returns: [].
  static func ofFeatures(_ features: Tensor, _ disturbed: Tensor, _ disturbance: Disturbance) throws(TorchError) -> Tensor {
    let spread = try features.variance()  // []
    guard let flow = disturbance.flow else { return try features.meanSquaredDifference(disturbed).divided(by: spread) }
    let shape = try features.shape()
    let coarse = try flow.reduced(toHeight: shape[2])
    let change = try disturbed.minus(features.sampled(at: coarse.places))  // [N, C, h, w]
    return try mean(change.squared(), over: coarse.mask, channels: shape[1]).divided(by: spread)
  }

  /// 0 where the mask is empty. The mask's sum is not read: that would wait for the device.
  private static func mean(_ squares: Tensor, over mask: Tensor, channels: Int) throws(TorchError) -> Tensor {
    try squares.times(mask).sum().divided(by: mask.sum().scaled(by: Double(channels), offset: 1e-9))
  }
}
