internal import Torch

/// How far small forms are from light where the photograph has them light, and dark where it has them dark: eyes, mouths, the edge of a hat. Deep features hardly ask for what is
/// a few pixels large, and strokes may cover it. Compared is structure as in the index of structural similarity (Wang et al. 2004, "Image Quality Assessment: From Error
/// Visibility to Structural Similarity", eq. 10): the correlation of both pictures' detail around each place. Where the photograph is even little is asked, so strokes
/// may go where they like, and how strong the contrast is stays the artwork's.
enum StructureLoss {
  /// The sides of the areas whose luminance is compared, pixels.
  private static let sides = [2, 4]
  /// The least side of a picture, pixels: nine areas, four of which go with the first smoothing and four with the second.
  static let leastSide = 9 * 4
  /// What structure is to be told from, the product of two deviations in 0…1: that index's C3, 0.03² / 2.
  private static let evenness = 4.5e-4
  /// Added to variances: the root is steep at 0.
  private static let least = 1e-6

  /// The mean of 1 - (σ_xy + C) / (σ_x σ_y + C) over both sizes of areas, 0…2.
  ///
  /// - Parameters:
  ///   - painting: [N, 3, H, W] in about 0…1, both sides 36 or more.
  ///   - photographs: of the same shape.
  /// - Returns: [].
  static func of(_ painting: Tensor, _ photographs: Tensor) throws(TorchError) -> Tensor {
    let one = try painting.luminance()  // [N, 1, H, W]
    let other = try withoutGradients { () throws(TorchError) in try photographs.luminance() }
    let coarse = try difference(one, other, side: sides[1])
    return try difference(one, other, side: sides[0]).plus(coarse).scaled(by: 0.5)
  }

  private static func difference(_ painting: Tensor, _ photographs: Tensor, side: Int) throws(TorchError) -> Tensor {
    let x = try painting.areaMeans(side: side).fineDetail()  // [N, 1, h, w]
    let y = try withoutGradients { () throws(TorchError) in try photographs.areaMeans(side: side).fineDetail() }
    let covariance = try x.times(y).smoothed()  // [N, 1, h - 4, w - 4]
    let product = try deviation(x).times(deviation(y))
    let structure = try covariance.scaled(by: 1, offset: evenness).divided(by: product.scaled(by: 1, offset: evenness))
    return try structure.mean().scaled(by: -1, offset: 1)
  }

  /// The deviation of detail around each place, its mean taken for 0: [N, 1, h - 4, w - 4].
  private static func deviation(_ detail: Tensor) throws(TorchError) -> Tensor {
    try detail.squared().smoothed().scaled(by: 1, offset: least).squareRoot()
  }
}
