public import Imaging
internal import Torch

/// How far a painting is from its artwork and from its photograph, as relative distances of the combined loss network's features in f32.
///
/// With F the features of a layer and G = F Fᵀ / (H W): style is mean((G(out) - G(art))²) / mean(G(art)²), content
/// mean((F(out) - F(photo))²) / var(F(photo)) (Gatys et al. 2015; Johnson et al. 2016).
public struct PerceptualMeter: Sendable {
  /// What distances are measured at: relu1_1, relu2_1 and relu3_1 of the true VGG-19, relu4_1 and relu5_1 of the distilled one.
  public static let layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]

  /// An artwork's Gram matrices, [1, C, C] a layer.
  public struct Artwork: Sendable {
    let grams: [Tensor]
  }

  /// A painting's distances; those of style are absent without an artwork.
  public struct Distances: Sendable, Hashable {
    /// Style by layer, and the same of the photograph itself: what a picture costs that is not painted at all.
    public var style: [Double]?
    /// The photograph's own style distance by layer.
    public var unstylized: [Double]?
    /// Style over relu1_1 … relu4_1 of each tile of a 4x4 grid: the mean over layers, row by row.
    public var tiles: [Double]?
    /// Content by layer.
    public var content: [Double]
    /// How far small forms are light and dark as the photograph's, -1…1: one less what training's `structure` costs (Wang et al. 2004, eq. 10, on luminance
    /// in areas of two and four pixels less what is smooth in them).
    public var structure: Double
  }

  private let network: LossNetwork
  private static let grid = 4

  /// Finds and loads the loss network.
  ///
  /// - Throws: `TrainingError.missingWeights` and `unusableWeights`; `torch` where LibTorch cannot be loaded.
  public init(folders: [String] = WeightFiles.folders) throws(TrainingError) {
    network = try LossNetworkChoice.combined.load(
      taps: PerceptualMeter.layers, folders: folders, device: .cpu, precision: .float32, channelsLast: false)
  }

  /// An artwork's side of the comparison.
  public func artwork(_ picture: ImageBuffer) throws(TrainingError) -> Artwork {
    try measuring { () throws(TorchError) in
      var grams: [Tensor] = []
      for maps in try features(pixels(picture)) { grams.append(try GramMatrix.of(maps, dividedBy: .positions)) }  // [1, C, C]
      return Artwork(grams: grams)
    }
  }

  /// The distances of a painting from its photograph, which has the same size with both sides at 36 pixels or more, and from an artwork.
  public func distances(
    of painting: ImageBuffer, from photograph: ImageBuffer, artwork: Artwork?
  ) throws(TrainingError) -> Distances {
    try measuring { () throws(TorchError) in
      let (output, source) = try (pixels(painting), pixels(photograph))  // [1, 3, H, W] each
      let painted = try features(output)  // [1, C, h, w] a layer
      let plain = try features(source)  // [1, C, h, w] a layer
      let structure = 1 - (try StructureLoss.of(output, source).item())
      var content: [Double] = []
      for (one, other) in zip(painted, plain) { content.append(try ContentLoss.relative(one, other).item()) }
      guard let artwork else { return Distances(content: content, structure: structure) }
      return Distances(
        style: try style(painted, artwork), unstylized: try style(plain, artwork), tiles: try tiles(painted, artwork),
        content: content, structure: structure)
    }
  }

  /// [1, 3, H, W] in 0…1.
  private func pixels(_ picture: ImageBuffer) throws(TorchError) -> Tensor {
    try Tensor.pictures([picture.inEightBits()], device: .cpu)
  }

  private func features(_ pixels: Tensor) throws(TorchError) -> [Tensor] {
    let found = try network.features(pixels, taps: PerceptualMeter.layers)
    return PerceptualMeter.layers.compactMap { found[$0] }
  }

  private func style(_ features: [Tensor], _ artwork: Artwork) throws(TorchError) -> [Double] {
    var distances: [Double] = []
    for (maps, gram) in zip(features, artwork.grams) {
      distances.append(try StyleLoss.relative(GramMatrix.of(maps, dividedBy: .positions), gram).item())
    }
    return distances
  }

  /// Tiles of sizes that differ by one where a layer's sides are not divisible: unlike training's, they leave nothing out.
  private func tiles(_ features: [Tensor], _ artwork: Artwork) throws(TorchError) -> [Double] {
    let grid = PerceptualMeter.grid
    var distances: [Double] = []
    for row in 0..<grid {
      for column in 0..<grid {
        var sum = 0.0
        for (maps, gram) in zip(features, artwork.grams).prefix(4) {
          let shape = try maps.shape()
          let (top, bottom) = (shape[2] * row / grid, shape[2] * (row + 1) / grid)
          let (left, right) = (shape[3] * column / grid, shape[3] * (column + 1) / grid)
          let part = try maps.narrowed(dimension: 2, start: top, length: bottom - top)
            .narrowed(dimension: 3, start: left, length: right - left)  // [1, C, h / 4, w / 4]
          sum += try StyleLoss.relative(GramMatrix.of(part, dividedBy: .positions), gram).item()
        }
        distances.append(sum / 4)
      }
    }
    return distances
  }

  private func measuring<Result>(_ body: () throws(TorchError) -> Result) throws(TrainingError) -> Result {
    do {
      return try withoutGradients(body)
    } catch {
      throw .torch(reason: error.description)
    }
  }
}
