internal import Torch

/// How far a painting's light and dark are from where the photograph has them. Features compared at deep layers do not say which side of an edge is the lighter, and
/// style does not ask: a network may paint what is dark light. Only large areas count, which strokes do not decide, and neither how light all is nor how strong the
/// contrast, which are the artwork's own.
enum ToneLoss {
  /// The side of an area, pixels.
  static let area = 16
  /// The least side of a picture, pixels.
  static let leastSide = 2 * area
  /// Added to the variance of areas in 0…1: three hundredths of deviation are all but even.
  private static let evenness = 1e-3

  /// Half the mean squared difference of both pictures' normalised luminance of areas (mean 0, variance 1): 1 - ρ, ρ being its correlation (Pearson's), 0…2. A picture that is
  /// all but even has less than that variance, and counts less.
  ///
  /// - Parameters:
  ///   - painting: [N, 3, H, W] in about 0…1, both sides 32 or more.
  ///   - photographs: of the same shape.
  /// - Returns: [].
  static func of(_ painting: Tensor, _ photographs: Tensor) throws(TorchError) -> Tensor {
    let target = try withoutGradients { () throws(TorchError) in try normalised(photographs) }
    return try normalised(painting).meanSquaredDifference(target).scaled(by: 0.5)
  }

  /// The luminance of areas without its mean and divided by its deviation: [N, 1, H / 16, W / 16].
  private static func normalised(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let means = try pictures.luminance().areaMeans(side: area)  // [N, 1, H / 16, W / 16]
    // A weight of one and a bias of zero, of the pictures' type and on their device.
    let some = try means.detached().mean().reshaped([1])
    return try means.instanceNormalized(weight: some.scaled(by: 0, offset: 1), bias: some.scaled(by: 0), epsilon: evenness)
  }
}
