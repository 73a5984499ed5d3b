internal import Torch

/// How far a painting's light and dark, or warm and cool, are from where the photograph has them. Features compared at deep layers do not say which side of an edge is the
/// lighter or the warmer, and style does not ask: a network may paint what is dark light, and one sky half gold, half blue. Only large areas count, which strokes do not
/// decide, and neither the mean nor how strong the contrast, which are the artwork's own.
enum AreaCorrelationLoss {
  /// What is compared.
  enum Quality {
    /// Luminance, by BT.709's weights.
    case lightness
    /// From blue to yellow, (1, 1, -2) / √6 in RGB.
    case warmth

    /// [N, 1, H, W] of [N, 3, H, W].
    fileprivate func of(_ colours: Tensor) throws(TorchError) -> Tensor {
      switch self {
      case .lightness: try colours.luminance()
      case .warmth: try colours.channelSum([1, 1, -2].map { $0 / 6.0.squareRoot() })
      }
    }
  }

  /// The side of an area, pixels.
  static let area = 16
  /// The least side of a picture, pixels.
  static let leastSide = 2 * area
  /// Added to the variance of areas in 0…1: three hundredths of deviation are all but even.
  private static let evenness = 1e-3

  /// Half the mean squared difference of both pictures' normalised quality of areas (mean 0, variance 1): 1 - ρ, ρ being its correlation (Pearson's), 0…2. A picture that is
  /// all but even has less than that variance, and counts less.
  ///
  /// - Parameters:
  ///   - quality: what is compared.
  ///   - painting: [N, 3, H, W] in about 0…1, both sides 32 or more.
  ///   - photographs: of the same shape.
  /// - Returns: [].
  static func of(_ quality: Quality, _ painting: Tensor, _ photographs: Tensor) throws(TorchError) -> Tensor {
    let target = try withoutGradients { () throws(TorchError) in try normalised(quality, photographs) }
    return try normalised(quality, painting).meanSquaredDifference(target).scaled(by: 0.5)
  }

  /// The quality of areas without its mean and divided by its deviation: [N, 1, H / 16, W / 16].
  private static func normalised(_ quality: Quality, _ pictures: Tensor) throws(TorchError) -> Tensor {
    let means = try quality.of(pictures.areaMeans(side: area))  // [N, 1, H / 16, W / 16]
    // A weight of one and a bias of zero, of the pictures' type and on their device.
    let some = try means.detached().mean().reshaped([1])
    return try means.instanceNormalized(weight: some.scaled(by: 0, offset: 1), bias: some.scaled(by: 0), epsilon: evenness)
  }
}
