internal import Torch

/// How much less strokes that lie side by side agree in direction than the artwork's. Gram matrices forget where things are: half of the strokes one way and half across
/// them is the same to them patch by patch as whole areas of either, and a network that has nothing to go by weaves both on an even sky.
///
/// Compared is the coherence of the structure tensor (Bigün and Granlund 1987, "Optimal Orientation Detection of Linear Symmetry"): √((Jxx - Jyy)² + 4 Jxy²) / (Jxx + Jyy), 0
/// where no direction has more than another, 1 where all is of one. That of luminance, and that of red, green and blue together (Di Zenzo 1986, "A Note on the Gradient of
/// a Multi-Image"), or strokes in another colour would lie across. It counts where the photograph is even; elsewhere its own edges give the direction.
enum CoherenceLoss {
  /// The sides of the areas that have a gradient, pixels: fine strokes and coarse ones by themselves, or a hatching of the finest would be enough; finer yet is the canvas.
  private static let grains = [2, 4]
  /// How far around strokes are looked at: the deviation of the weights of gradients, in pixels.
  private static let range = 16
  /// The least side of a picture, pixels: five areas of the range, and a gradient's two neighbours.
  static let leastSide = 5 * 16 + 2 * 4
  /// The squared gradient of a photograph, from area to area in 0…1, at which a place counts half.
  private static let evenness = 5e-5
  /// The same of a painting, which has no strokes that could disagree where it is more even.
  private static let faintest = 1e-5
  /// Added to what has its root taken, which is steep at 0.
  private static let least = 1e-14

  /// A picture's structure tensor around each place, [N, 1, h, w] each.
  private struct StructureTensor {
    /// √((Jxx - Jyy)² + 4 Jxy²).
    let directed: Tensor
    /// Jxx + Jyy.
    let trace: Tensor

    /// - Parameter channels: [N, C, H, W], both sides 88 or more.
    init(_ channels: Tensor, grain: Int) throws(TorchError) {
      let areas = try channels.areaMeans(side: grain)  // [N, C, H / grain, W / grain]
      let shape = try areas.shape()
      let (rows, columns) = (shape[2] - 2, shape[3] - 2)
      func part(_ down: Int, _ right: Int) throws(TorchError) -> Tensor {
        try areas.narrowed(dimension: 2, start: down, length: rows).narrowed(dimension: 3, start: right, length: columns)
      }
      func around(_ products: Tensor) throws(TorchError) -> Tensor {
        try products.mean(along: 1).areaMeans(side: range / grain).smoothed()
      }
      let x = try part(1, 2).minus(part(1, 0)).scaled(by: 0.5)  // [N, C, rows, columns]
      let y = try part(2, 1).minus(part(0, 1)).scaled(by: 0.5)
      let (xx, yy) = (try x.squared(), try y.squared())
      let across = try around(xx.minus(yy))
      let diagonal = try around(x.times(y).scaled(by: 2))
      directed = try across.squared().plus(diagonal.squared()).scaled(by: 1, offset: least).squareRoot()
      trace = try around(xx.plus(yy))
    }

    /// Of luminance and of all channels, each at each grain.
    static func all(of pictures: Tensor) throws(TorchError) -> [StructureTensor] {
      var tensors: [StructureTensor] = []
      for channels in [try pictures.luminance(), pictures] {
        for grain in grains { tensors.append(try StructureTensor(channels, grain: grain)) }
      }
      return tensors
    }
  }

  /// An artwork's coherence, weighted by squared gradients: of luminance and of all channels, each at each grain.
  ///
  /// - Parameter artwork: [1, 3, H, W] in 0…1, both sides 88 or more.
  /// - Returns: [1, 1, 1, 1] each, 0…1.
  static func coherence(_ artwork: Tensor) throws(TorchError) -> [Tensor] {
    var means: [Tensor] = []
    for tensor in try StructureTensor.all(of: artwork) {
      means.append(
        try mean(tensor.directed).divided(by: mean(tensor.trace).scaled(by: 1, offset: faintest)).reshaped([1, 1, 1, 1]))
    }
    return means
  }

  /// - Parameters:
  ///   - painting: [N, 3, H, W] in about 0…1, both sides 88 or more.
  ///   - photographs: of the same shape.
  ///   - artwork: the artwork's coherence.
  /// - Returns: the mean square of what is missing to the artwork's, [].
  static func of(_ painting: Tensor, _ photographs: Tensor, _ artwork: [Tensor]) throws(TorchError) -> Tensor {
    let shares = try withoutGradients { () throws(TorchError) in
      var shares: [Tensor] = []
      for edges in try StructureTensor.all(of: photographs) {
        shares.append(
          try edges.trace.scaled(by: 0, offset: evenness).divided(by: edges.trace.scaled(by: 1, offset: evenness)))
      }
      return shares
    }
    var sums: [Tensor] = []
    for (index, tensor) in try StructureTensor.all(of: painting).enumerated() {
      let (due, share) = (artwork[index], shares[index])
      let found = try tensor.directed.plus(due.scaled(by: faintest)).divided(by: tensor.trace.scaled(by: 1, offset: faintest))
      let missing = try due.minus(found).relu().squared()
      sums.append(try mean(missing.times(share)).divided(by: mean(share)))  // [N, 1]
    }
    return try Tensor.cat(sums, dimension: 1).mean()
  }

  /// The mean over places, [N, 1].
  private static func mean(_ maps: Tensor) throws(TorchError) -> Tensor {
    let shape = try maps.shape()
    return try maps.reshaped([shape[0], shape[2] * shape[3]]).mean(along: 1)
  }
}
