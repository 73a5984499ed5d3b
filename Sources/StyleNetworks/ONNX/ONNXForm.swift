/// What a network looks like from outside once it is ONNX.
public struct ONNXForm: Sendable, Hashable {
  /// What goes in and comes out.
  public enum Ends: Sendable, Hashable {
    /// f32 [N, 3, H, W] in 0…1; the output is limited to it where `clamped`.
    case planes(clamped: Bool)
    /// Whole numbers of 8 or 16 bits, [N, H, W, 3], the output clamped and rounded: an image buffer as it lies in memory.
    case pixels(bits: Int)
  }

  /// Where the statistics of instance normalisation come from.
  public enum Norms: Sendable, Hashable {
    /// From each picture by itself.
    case own
    /// Given for each layer in order: [C] means and biased variances.
    case fixed([Statistics])
    /// From the batch as a whole without `margin` pixels on each side of its pictures; they become outputs `mean.0`, `variance.0`, …, [C] each.
    /// The size must be known.
    case pooled(margin: Int)
  }

  /// One normalisation layer's statistics.
  public struct Statistics: Sendable, Hashable {
    /// [C].
    public let mean: [Float]
    /// [C], biased.
    public let variance: [Float]

    /// One normalisation layer's statistics.
    public init(mean: [Float], variance: [Float]) {
      self.mean = mean
      self.variance = variance
    }
  }

  /// The pictures' size, where it is known beforehand.
  public struct Size: Sendable, Hashable {
    /// Pictures in a batch.
    public var batch: Int
    /// Pixels.
    public var height: Int
    /// Pixels.
    public var width: Int

    /// A size.
    public init(batch: Int = 1, height: Int, width: Int) {
      self.batch = batch
      self.height = height
      self.width = width
    }
  }

  /// What goes in and comes out.
  public var ends: Ends
  /// Where the statistics of instance normalisation come from.
  public var norms: Norms
  /// The pictures' size; nil for any.
  public var size: Size?

  /// The form of an exported file: f32 in 0…1 at both ends, any size.
  public init(ends: Ends = .planes(clamped: true), norms: Norms = .own, size: Size? = nil) {
    self.ends = ends
    self.norms = norms
    self.size = size
  }
}
