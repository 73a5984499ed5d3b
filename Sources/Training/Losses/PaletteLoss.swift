internal import Torch

/// How far the colours of a painting's large areas are from the artwork's. Gram matrices hardly ask for them: in those of relu1_1 the mean colour outweighs all others,
/// and where tiles are compared each has to have all of the style, for which one colour everywhere, the artwork's mean, is cheapest. Compared is how much the two
/// palettes vary in lightness, from yellow to blue and from red to green, and how far these go together: the covariance of their colours along opponent axes, each in
/// units of the artwork's deviation, so that a hue counts as much as light and dark. (Reinhard et al. 2001, "Color Transfer between Images", set means and deviations
/// along such axes.)
struct PaletteLoss: Sendable {
  /// The side of an area, pixels.
  static let area = 16
  /// The least side of a picture and of an artwork, pixels.
  static let leastSide = 2 * area
  /// Added to a variance of colours in 0…1: a deviation of a hundredth is none.
  private static let evenness = 1e-4
  /// Lightness, yellow to blue, red to green: orthonormal in RGB.
  private static let opponents: [[Double]] = [
    [1, 1, 1].map { $0 / 3.0.squareRoot() }, [1, 1, -2].map { $0 / 6.0.squareRoot() }, [1, -1, 0].map { $0 / 2.0.squareRoot() },
  ]

  /// The axes, each divided by the artwork's deviation along it.
  private let axes: [[Double]]
  /// The artwork's covariance along them, [1, 3, 3].
  private let artwork: Tensor

  /// - Parameter artwork: [1, 3, H, W] in about 0…1, both sides 32 or more.
  init(artwork: Tensor) throws(TorchError) {
    let covariance = try PaletteLoss.covariance(of: artwork, along: PaletteLoss.opponents).to(.float32).floats()
    axes = PaletteLoss.opponents.enumerated().map { number, axis in
      axis.map { $0 / (Double(covariance[number * 4]) + PaletteLoss.evenness).squareRoot() }
    }
    self.artwork = try PaletteLoss.covariance(of: artwork, along: axes)
  }

  /// mean((C(y) - C(s))²) / mean(C(s)²), the mean over pictures: 1 for one of a single colour.
  ///
  /// - Parameter painting: [N, 3, H, W] in about 0…1, both sides 32 or more.
  /// - Returns: [].
  func of(_ painting: Tensor) throws(TorchError) -> Tensor {
    try StyleLoss.relative(PaletteLoss.covariance(of: painting, along: axes), artwork)
  }

  /// The covariance of areas' colours along axes, [N, 3, 3].
  private static func covariance(of pictures: Tensor, along axes: [[Double]]) throws(TorchError) -> Tensor {
    let areas = try pictures.areaMeans(side: area)  // [N, 3, H / 16, W / 16]
    let colours = try areas.minus(areas.mean(along: 3).mean(along: 2))
    let along = try axes.map { axis throws(TorchError) in try colours.channelSum(axis) }  // [N, 1, H / 16, W / 16] each
    return try GramMatrix.of(Tensor.cat(along, dimension: 1), dividedBy: .positions)
  }
}
