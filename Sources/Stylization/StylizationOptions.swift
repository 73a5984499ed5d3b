/// How a style is laid on pictures.
public struct StylizationOptions: Sendable, Hashable {
  /// How large pictures are cut.
  public enum Tiling: Sendable, Hashable {
    /// Whole where memory allows, else in tiles.
    case auto
    /// Always whole.
    case off
    /// Tiles of this side in pixels.
    case side(Int)
  }

  /// How much of the painting is mixed in: 0 is the source, 1 the painting.
  public var strength: Double
  /// Whether the source's colours are kept: the painting's luminance with the source's chroma (Gatys et al. 2016, "Preserving Color in Neural
  /// Artistic Style Transfer", luminance-only transfer).
  public var preserveColor: Bool
  /// How large pictures are cut.
  public var tiling: Tiling
  /// How flicker between a clip's frames is taken away.
  public var stabilization: Stabilization
  /// How large strokes are.
  public var strokeSize: StrokeSize
  /// How far strokes may be stretched or squeezed on their way through a clip before they are painted anew, as a strain above 0: what the style's card says; nil is
  /// `usualStrain`.
  public var strain: Double?

  /// As far as the strokes of most styles bear (docs/STABILITY.md).
  public static let usualStrain = 1.15

  /// How a style is laid on pictures.
  public init(
    strength: Double = 1, preserveColor: Bool = false, tiling: Tiling = .auto, stabilization: Stabilization = .auto,
    strokeSize: StrokeSize = .auto, strain: Double? = nil
  ) {
    self.strength = strength
    self.preserveColor = preserveColor
    self.tiling = tiling
    self.stabilization = stabilization
    self.strokeSize = strokeSize
    self.strain = strain
  }
}
