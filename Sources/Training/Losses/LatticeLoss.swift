internal import Torch

/// How much of a painting's contrast repeats every four pixels: the checkerboard of Odena et al. 2016 ("Deconvolution and Checkerboard Artifacts"),
/// which networks with strides also paint where their upsampling has none, since it raises the energy of fine detail that the style term asks for.
///
/// Within windows of each channel, the 16 means over the positions with the same row and column modulo 4; their variance is the energy at the
/// lattice's frequencies (all multiples of 1/4 and 1/2 cycles a pixel), here as a share of the painting's own variance.
enum LatticeLoss {
  static let period = 4
  /// Windows a side: a lattice that changes its sign from part to part is found too.
  static let windows = 2

  /// - Parameter pictures: [N, 3, H, W].
  /// - Returns: [], 0 for none; 1 where there is nothing but a lattice.
  static func of(_ pictures: Tensor) throws(TorchError) -> Tensor {
    let shape = try pictures.shape()
    let (rows, columns) = (shape[2] / (period * windows), shape[3] / (period * windows))
    let count = shape[0] * shape[1] * windows * windows
    let cells = rows * columns
    let whole = try pictures.narrowed(dimension: 2, start: 0, length: windows * rows * period)
      .narrowed(dimension: 3, start: 0, length: windows * columns * period)
    let phases = try whole.reshaped([shape[0] * shape[1], windows, rows, period, windows, columns, period])
      .permuted([0, 1, 4, 3, 6, 2, 5]).reshaped([count, period * period, cells])  // [3N windows², 16, cells]
    let means = try phases.mean(along: 2)  // [3N windows², 16, 1]
    let energy = try means.minus(means.mean(along: 1)).squared().mean()
    // The painting is not to gain contrast for the share's sake.
    return try energy.divided(by: whole.detached().variance())
  }
}
