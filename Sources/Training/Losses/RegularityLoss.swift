internal import Torch

/// How much more regular a painting's fine detail is than the artwork's: weaves and rows of dots, which Gram matrices do not tell from irregular strokes,
/// since they forget where things are. What of detail is like itself some pixels further on is compared, as texture synthesis does with deep features (Sendik
/// and Cohen-Or 2017, "Deep Correlations for Texture Synthesis").
enum RegularityLoss {
  /// Shifts (down, right) of 5 to 10.5 pixels in half of all directions, every second: nearer, all detail is like itself.
  static let shifts: [(down: Int, right: Int)] = (0...reach).flatMap { down in
    (-reach...reach).compactMap { right in
      let isCounted = (down > 0 || right > 0) && (25...110).contains(down * down + right * right) && (down + right) % 2 == 0
      return isCounted ? (down, right) : nil
    }
  }
  private static let reach = 10
  /// The least side of a picture, pixels.
  static let leastSide = 32

  /// The autocorrelation of fine detail: of grey less its mean by binomial weights over five by five pixels, mean(d(p) d(p + shift)) / mean(d(p)²).
  ///
  /// - Parameter pictures: [N, 3, H, W], both sides 32 or more.
  /// - Returns: [N, shifts].
  static func autocorrelation(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let detail = try pictures.mean(along: 1).fineDetail()  // [N, 1, h, w]
    let shape = try detail.shape()
    let (rows, columns) = (shape[2] - reach, shape[3] - 2 * reach)
    func part(_ down: Int, _ right: Int) throws(TorchError) -> Tensor {
      try detail.narrowed(dimension: 2, start: down, length: rows).narrowed(dimension: 3, start: reach + right, length: columns)
    }
    func mean(_ products: Tensor) throws(TorchError) -> Tensor {
      try products.reshaped([shape[0], rows * columns]).mean(along: 1)  // [N, 1]
    }
    let here = try part(0, 0)
    var means: [Tensor] = []
    for (down, right) in shifts { means.append(try mean(here.times(part(down, right)))) }
    // An even picture has no detail that could be regular.
    return try Tensor.cat(means, dimension: 1).divided(by: mean(here.squared()).scaled(by: 1, offset: 1e-6))
  }

  /// - Parameters:
  ///   - pictures: [N, 3, H, W] in about 0…1, both sides 32 or more.
  ///   - artwork: the artwork's autocorrelation, [1, shifts].
  /// - Returns: the mean squared difference of autocorrelations, [].
  static func of(_ pictures: Tensor, _ artwork: Tensor) throws(TorchError) -> Tensor {
    try autocorrelation(pictures).minus(artwork).squared().mean()
  }
}
