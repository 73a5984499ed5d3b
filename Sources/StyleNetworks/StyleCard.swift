/// What a style says about itself: the artwork, how it was made, how well it does, and under which terms.
public struct StyleCard: Sendable, Hashable, Codable {
  /// The name by which the command finds the style.
  public var name: String
  /// The artwork's title.
  public var title: String?
  /// The artwork's maker.
  public var artist: String?
  /// When the artwork was made, as one writes it: "1889", "about 1831".
  public var year: String?
  /// How the network was trained: the recipe's settings.
  public var recipe: [String: String]?
  /// The terms of the weights.
  public var license: String?
  /// The terms of the photographs that the network was trained on.
  public var photographsLicense: String?
  /// Where the picture of the artwork, or the weights, came from.
  public var source: String?
  /// Whom to name.
  public var attribution: String?
  /// What an evaluation measured, by measure: `style`, `style_tiles`, `content`, `period4` as an evaluation has them, and any other.
  public var scores: [String: Double]?
  /// How far strokes may be stretched or squeezed on their way through a clip before they are painted anew, as a strain; nil is as far as most bear. Short dabs bear less
  /// than long strokes.
  public var strain: Double?

  /// What `strain` may be in a file.
  public static let strains = 0.1...10.0

  /// A card; everything but the name may be unknown.
  public init(
    name: String, title: String? = nil, artist: String? = nil, year: String? = nil, recipe: [String: String]? = nil,
    license: String? = nil, photographsLicense: String? = nil, source: String? = nil, attribution: String? = nil,
    scores: [String: Double]? = nil, strain: Double? = nil
  ) {
    self.name = name
    self.title = title
    self.artist = artist
    self.year = year
    self.recipe = recipe
    self.license = license
    self.photographsLicense = photographsLicense
    self.source = source
    self.attribution = attribution
    self.scores = scores
    self.strain = strain
  }
}
