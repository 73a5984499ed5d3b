/// Which network measures content and style.
public enum LossNetworkChoice: String, Sendable, Hashable, Codable, CaseIterable {
  /// torchvision's VGG-19.
  case vgg19
  /// The distilled VGG-19 with a sixteenth of the arithmetic.
  case slim = "vgg19-slim"
  /// The true VGG-19, normalised, up to relu3_1.
  case normalised = "vgg19-normalised"
  /// relu1_1 … relu3_1 of the true VGG-19 and what lies deeper of the distilled one.
  case combined
}

/// Everything that decides how a style is learnt, as a value; in JSON with the same names.
public struct Recipe: Sendable, Hashable, Codable {
  /// The network that learns.
  public struct Network: Sendable, Hashable, Codable {
    /// `original`, `transformer-net`, `compact` or `dense`; see `Architecture`.
    public var family: String
    /// Channels at full, half and quarter resolution; `compact` and `dense` have none at full resolution.
    public var widths: [Int]
    /// Residual blocks.
    public var blocks: Int
  }

  /// How content and style are measured.
  public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
    /// Mean squared differences, sums over layers, in the units of the original system: its weights mean what they meant there.
    case absolute
    /// Shares of the artwork's and the photograph's own size, means over layers: one weight means the same for every painting.
    case relative
  }

  /// The content term.
  public struct Content: Sendable, Hashable, Codable {
    /// What the term is multiplied by.
    public var weight: Double
    /// The layer whose features are compared.
    public var tap: String
  }

  /// The style term.
  public struct Style: Sendable, Hashable, Codable {
    /// What the term is multiplied by.
    public var weight: Double
    /// The layers whose Gram matrices are compared.
    public var taps: [String]
    /// The shorter side to which the painting is scaled, pixels.
    public var size: Int
    /// At how many scales painting and artwork are compared: the first as they are, each further one at half the size of the one before. Coarse
    /// ones see the forms that strokes build.
    public var scales: Int
    /// Whether only the square at the painting's centre is learnt.
    public var centre: Bool
  }

  /// Style on tiles: every part of the picture has to be painted.
  public struct Tiles: Sendable, Hashable, Codable {
    /// What the term is multiplied by.
    public var weight: Double
    /// Tiles a side.
    public var count: Int
    /// The layers whose Gram matrices are compared.
    public var taps: [String]
  }

  /// The temporal terms: a photograph that changes a little must give a painting that changes as little, where everything has moved to.
  public struct Temporal: Sendable, Hashable, Codable {
    /// What is added to the photographs.
    public enum Noise: Sendable, Hashable, Codable {
      /// Whole numbers of 255ths in ±amplitude on a share of the values.
      case sparse(share: Double, amplitude: Int)
      /// Gaussian with this standard deviation, in 0…1.
      case gaussian(deviation: Double)
    }

    /// How the photographs move, each by itself, along a flow that is known exactly.
    public struct Motion: Sendable, Hashable, Codable {
      /// The whole picture moves by up to so many pixels each way; whole pixels where there is no other motion.
      public var shift: Double
      /// It grows or shrinks by up to this share.
      public var zoom: Double
      /// It turns by up to so many degrees.
      public var rotation: Double
      /// Its parts move against each other: the standard deviation, pixels, of a smooth field with a node every 96 pixels.
      public var warp: Double

      /// Nothing moves.
      public static let none = Motion(shift: 0, zoom: 0, rotation: 0, warp: 0)
    }

    /// What the term on paintings is multiplied by.
    public var weight: Double
    /// What the term on the network's own features is multiplied by.
    public var features: Double
    /// What is added.
    public var noise: Noise
    /// How the photographs move.
    public var motion: Motion
    /// The photographs get brighter or darker by up to this share, and lighter or heavier by up to half of it.
    public var light: Double
    /// Whether a painting may change in brightness as its photograph does.
    public var relaxed: Bool
    /// Pixels at each side that do not count.
    public var margin: Int
    /// The terms are computed each so many steps.
    public var every: Int
    /// The share of the run over which the terms grow to their weights; 0 has them at once.
    public var ramp: Double
  }

  /// The last part of a run, in which other weights hold: for what costs a style much while it is being found, and little once it is there.
  public struct Finish: Sendable, Hashable, Codable {
    /// The share of the run that is over when it begins, 0…1; 1 has none.
    public var from: Double
    /// The layer whose features the content term compares then.
    public var tap: String
    /// What the content term's weight is multiplied by then.
    public var content: Double
    /// What the weight of tiles is multiplied by then.
    public var tiles: Double
    /// The weight of the penalty on regular detail then.
    public var regularity: Double
    /// Pixels at each side that do not count in the temporal terms then.
    public var margin: Int

    /// A run that ends as it began.
    public static let none = Finish(from: 1, tap: "relu4_1", content: 1, tiles: 1, regularity: 0, margin: 0)
  }

  /// How the learning rate goes.
  public enum Schedule: String, Sendable, Hashable, Codable, CaseIterable {
    /// It stays.
    case constant
    /// It rises for the first twentieth of the run, then falls as a cosine to almost nothing (Smith 2018's one-cycle form).
    case oneCycle = "one-cycle"
  }

  /// How photographs become training pictures.
  public struct Photographs: Sendable, Hashable, Codable {
    /// The side of the square pictures, pixels.
    public var size: Int
    /// Pictures in a step.
    public var batch: Int
    /// The shorter side is scaled to `size` times up to this, 1 or more, at random.
    public var zoom: Double
    /// Whether half of the pictures are mirrored and the square is taken anywhere; otherwise it is the centre.
    public var vary: Bool
  }

  /// The recipe's name.
  public var name: String
  /// The network that learns.
  public var network: Network
  /// The network that measures.
  public var lossNetwork: LossNetworkChoice
  /// How content and style are measured.
  public var form: Form
  /// The content term.
  public var content: Content
  /// The weight of the penalty on small forms whose light and dark are not the photograph's; see `StructureLoss`.
  public var structure: Double
  /// The weight of the penalty on light and dark in other places than the photograph's; see `AreaCorrelationLoss`.
  public var tone: Double
  /// The weight of the penalty on warm and cool in other places than the photograph's; see `AreaCorrelationLoss`.
  public var warmth: Double
  /// The weight of the distance between the colours of large areas and the artwork's; see `PaletteLoss`.
  public var palette: Double
  /// The style term.
  public var style: Style
  /// The style term on tiles.
  public var tiles: Tiles
  /// The weight of total variation: its sum in the absolute form, its mean in the relative one.
  public var totalVariation: Double
  /// The weight of the penalty on patterns that repeat every four pixels; see `LatticeLoss`.
  public var lattice: Double
  /// The weight of the penalty on detail that is more regular than the artwork's; see `RegularityLoss`.
  public var regularity: Double
  /// The weight of the penalty on strokes side by side that agree less in direction than the artwork's; see `CoherenceLoss`.
  public var coherence: Double
  /// The weight of the penalty on colours outside 0…1.
  public var range: Double
  /// The temporal terms.
  public var temporal: Temporal
  /// What is different in the last part of a run.
  public var finish: Finish
  /// Photographs.
  public var photographs: Photographs
  /// Steps of a run without a time budget.
  public var iterations: Int
  /// Adam's rate; at its highest under `one-cycle`.
  public var learningRate: Double
  /// How the rate goes.
  public var schedule: Schedule
  /// The gradient's greatest L2 norm; 0 for any.
  public var clip: Double

  /// All layers that are looked at.
  var taps: [String] {
    var taps: [String] = []
    for tap in style.taps + (tiles.weight > 0 ? tiles.taps : []) + [content.tap] where !taps.contains(tap) { taps.append(tap) }
    return taps
  }

  /// All layers that are looked at at any time of a run.
  var allTaps: [String] {
    let taps = taps
    return taps + finished.taps.filter { !taps.contains($0) }
  }

  /// Whether a run compares how regular detail is at any time.
  var comparesRegularity: Bool { max(regularity, finished.regularity) > 0 }

  /// The recipe as it is in the last part of a run.
  var finished: Recipe {
    guard finish.from < 1 else { return self }
    var recipe = self
    recipe.content = Content(weight: content.weight * finish.content, tap: finish.tap)
    recipe.tiles.weight *= finish.tiles
    recipe.regularity = finish.regularity
    recipe.temporal.margin = finish.margin
    return recipe
  }
}
