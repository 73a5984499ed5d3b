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

  /// - Parameter features: [N, C, H, W].
  /// - Returns: [N, C, C].
  static func of(_ features: Tensor, dividedBy divisor: Divisor) throws(TorchError) -> Tensor {
    let shape = try features.shape()
    let positions = shape[2] * shape[3]
    let flat = try features.reshaped([shape[0], shape[1], positions])  // [N, C, HW]
    let products = try flat.matrixProduct(flat.transposed(1, 2))  // [N, C, C]
    return try products.scaled(by: 1 / Double(divisor == .elements ? positions * shape[1] : positions))  // [N, C, C]
  }
}
