extension StyleNetwork {
  /// A `compact` network as a `dense` one: the same painter, its strokes no longer bound to a grid of four pixels, for 3.3 times the arithmetic.
  ///
  /// `compact` computes features for every fourth pixel, and paints a picture otherwise when it has moved by one, two or three. A stride of 2 less, and
  /// taps twice as far apart from there on, compute all four grids at once ("shift and stitch" without the stitching: Holschneider et al. 1989;
  /// Long et al. 2015, section 3.2). Upsampling takes [0.25, 0.75] or [0.75, 0.25] of two neighbours, as a place lies in its grid; the mean of both
  /// is [1, 3, 3, 1] / 8 over the four neighbours half as far apart, one such kernel each way.
  ///
  /// - Returns: nil for a network that is not `Architecture.compact`'s.
  /// - Throws: `StyleNetworkError` where a tensor cannot be made.
  public func dense() throws(StyleNetworkError) -> StyleNetwork? {
    guard let widths = weights["down2.conv2d.weight"]?.shape, widths.count == 4 else { return nil }
    let blocks = architecture.layers.count { if case .residual = $0 { true } else { false } }
    guard architecture == .compact(widths: (widths[1], widths[0]), blocks: blocks) else { return nil }
    let dense = Architecture.dense(widths: (widths[1], widths[0]), blocks: blocks)
    let taps: [Float] = [1, 3, 3, 1, 0].map { $0 / 8 }
    let kernel = taps.flatMap { row in taps.map { row * $0 } }
    var weights = weights
    weights["up1.blur.weight"] = try WeightTensor(
      floats: (0..<widths[0]).flatMap { _ in kernel }, shape: [widths[0], 1, taps.count, taps.count])
    weights["up1.blur.bias"] = try WeightTensor(floats: [Float](repeating: 0, count: widths[0]), shape: [widths[0]])
    return try StyleNetwork(architecture: dense, weights: weights)
  }
}
