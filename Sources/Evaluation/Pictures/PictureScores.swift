public import Imaging
public import Training

/// What one painting of a photograph is worth. Numbers that cannot be had are absent.
public struct PictureScores: Sendable, Hashable, Codable {
  /// Relative style distance, the mean over five layers; 0 is the artwork's own, 1 a picture without features.
  public var style: Double?
  /// The same over four layers of the worst four of sixteen tiles: large where a part is left unpainted.
  public var styleTiles: Double?
  /// The photograph's own style distance: what is reached without painting.
  public var unstylized: Double?
  /// Relative content distance at relu4_1.
  public var content: Double?
  /// How far small forms are light and dark as the photograph's, -1…1; see `PerceptualMeter.Distances`.
  public var structure: Double?
  /// What repeats with the network's lattice.
  public var checkerboard: Checkerboard?
  /// How regular fine detail is, 0…1; see `Weave`.
  public var weave: Double?
  /// Style distance by layer, relu1_1 … relu5_1.
  public var styleLayers: [Double]?
  /// Content distance by layer, relu1_1 … relu5_1.
  public var contentLayers: [Double]?

  /// Nothing measured.
  public init() {}

  /// The shorter side at which features are taken.
  static let side = 512
}

/// Measures paintings.
public struct PictureJudge: Sendable {
  private let meter: PerceptualMeter?
  private let artwork: PerceptualMeter.Artwork?

  /// - Parameters:
  ///   - meter: nil leaves style and content out.
  ///   - artwork: the painting whose style is meant; nil leaves style out.
  public init(meter: PerceptualMeter?, artwork: ImageBuffer?) throws {
    self.meter = meter
    self.artwork = try meter.flatMap { meter in
      try artwork.map { artwork in
        try artwork.checkFitting(shorterSide: PictureScores.side, path: "the painting")
        return try meter.artwork(artwork.inEightBits().fitted(shorterSide: PictureScores.side))
      }
    }
  }

  /// Scores of a painting. Features are taken with the photograph's shorter side at 512 pixels, lattice and weave in the painting's own size.
  ///
  /// - Throws: `EvaluationError.unusablePicture` where that would make more than 16 megapixels of a long, thin picture.
  public func scores(of painting: ImageBuffer, from photograph: ImageBuffer) throws -> PictureScores {
    if meter != nil {
      try photograph.checkFitting(shorterSide: PictureScores.side, path: "the photograph")
      try painting.checkFitting(shorterSide: PictureScores.side, path: "the painting")
    }
    var scores = PictureScores()
    scores.checkerboard = Checkerboard(painting)
    scores.weave = Weave.of(painting)
    guard let meter else { return scores }
    let plain = photograph.inEightBits().fitted(shorterSide: PictureScores.side)
    var painted = painting.inEightBits().fitted(shorterSide: PictureScores.side)
    if (painted.width, painted.height) != (plain.width, plain.height) {
      painted = painted.resampled(width: plain.width, height: plain.height, filter: .bilinear)
    }
    let distances = try meter.distances(of: painted, from: plain, artwork: artwork)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    scores.style = distances.style.map(mean).finite
    scores.unstylized = distances.unstylized.map(mean).finite
    scores.styleTiles = distances.tiles.map { mean(Array($0.sorted().suffix(4))) }.finite
    scores.content = (distances.content.count > 3 ? distances.content[3] : nil).finite
    scores.structure = Optional(distances.structure).finite
    scores.styleLayers = distances.style.flatMap { $0.allSatisfy(\.isFinite) ? $0 : nil }
    scores.contentLayers = distances.content.allSatisfy(\.isFinite) ? distances.content : nil
    return scores
  }
}

extension Double? {
  /// Nothing instead of what is not a number or infinite: a flat photograph has no spread to divide by.
  var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}
