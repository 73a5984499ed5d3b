internal import Torch

/// G = F Fᵀ / n, where the rows of F are a picture's feature maps (Gatys et al. 2015, "A Neural Algorithm of Artistic Style").
enum GramMatrix {
  /// What the products are divided by.
  enum Divisor {
    /// n = H W: the mean over positions.
    case positions
    /// n = C H W, as Johnson et al. 2016 divide.
    case elements
  }

  /// - Parameters:
  ///   - features: [N, C, H, W].
  ///   - tiles: each picture is cut into `tiles` x `tiles` parts, which become pictures of their own, row by row. Rows and columns that are over
  ///     at the right and the bottom are left out. Pictures smaller than the grid are not cut.
  /// - Returns: [tiles² N, C, C], f32 (or f64).
  static func of(_ features: Tensor, dividedBy divisor: Divisor, tiles: Int = 1) throws(TorchError) -> Tensor {
    let shape = try features.shape()
    let tiles = tiles <= min(shape[2], shape[3]) ? tiles : 1
    let positions = (shape[2] / tiles) * (shape[3] / tiles)
    return try features.tileProducts(tiles)
      .scaled(by: 1 / Double(divisor == .elements ? positions * shape[1] : positions))  // [tiles² N, C, C]
  }

  /// The Gram matrices of whole pictures from those of their parts: the mean, where the parts cover the picture.
  ///
  /// - Parameters:
  ///   - parts: [parts N, C, C], as `of` gives them.
  ///   - pictures: N.
  /// - Returns: [N, C, C].
  static func joined(_ parts: Tensor, pictures: Int) throws(TorchError) -> Tensor {
    let count = try parts.shape()[0] / pictures
    var sum = try parts.narrowed(dimension: 0, start: 0, length: pictures)  // [N, C, C]
    for part in 1..<max(1, count) {
      sum = try sum.plus(parts.narrowed(dimension: 0, start: part * pictures, length: pictures))  // [N, C, C]
    }
    return try sum.scaled(by: 1 / Double(max(1, count)))
  }
}
