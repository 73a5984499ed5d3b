/// A style network as data: the list of its layers, from which every engine builds the same network.
///
/// Tensors are NCHW. Parameter names are PyTorch's dotted names, so that published checkpoints load by name.
public struct Architecture: Sendable, Hashable, Codable {
  /// The family's name: `original`, `transformer-net`, …
  public var family: String
  /// The range in which the network takes RGB.
  public var input: PixelRange
  /// The layers, first to last.
  public var layers: [Layer]
  /// The range in which the network gives RGB; values outside are clamped.
  public var output: PixelRange

  /// Describes a network.
  public init(family: String, input: PixelRange, layers: [Layer], output: PixelRange) {
    self.family = family
    self.input = input
    self.layers = layers
    self.output = output
  }
}

/// The range of RGB values at a network's ends.
public enum PixelRange: String, Sendable, Hashable, Codable {
  /// 0…1.
  case unit
  /// 0…255.
  case byte

  /// What 1.0 of the unit range is in this range.
  public var scale: Float { self == .unit ? 1 : 255 }
}

/// One layer of a style network.
public indirect enum Layer: Sendable, Hashable, Codable {
  /// A square convolution with bias; parameters `name.weight` [output, input / groups, kernel, kernel] and `name.bias` [output].
  /// `padding` rows and columns are added on each side by reflection before it. The kernel's taps are `dilation` apart (Yu & Koltun 2016).
  case convolution(
    name: String, input: Int, output: Int, kernel: Int, stride: Int, padding: Int, groups: Int, dilation: Int = 1)
  /// A square transposed convolution with bias; parameters `name.weight` [input, output, kernel, kernel] and `name.bias` [output].
  case transposedConvolution(
    name: String, input: Int, output: Int, kernel: Int, stride: Int, padding: Int, outputPadding: Int)
  /// Bilinear upsampling by two, then a 3x3 convolution (a resize-convolution; Odena et al. 2016); parameters `name.weight` [output, input, 3, 3]
  /// and `name.bias` [output]. One row and column on each side are added by reflection before it. See `ResizeConvolution`.
  case resizeConvolution(name: String, input: Int, output: Int)
  /// Instance normalisation (Ulyanov et al. 2016) with scale `name.weight` and shift `name.bias`, both [channels]; biased variance.
  case instanceNorm(name: String, channels: Int, epsilon: Double)
  /// max(x, 0).
  case relu
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// x + f(x), where f is the list of layers (He et al. 2015).
  case residual([Layer])
  /// Nearest-neighbour upsampling by a whole factor.
  case upsample(factor: Int)
  /// Space to depth in PyTorch's `pixel_unshuffle` order.
  case unshuffle(factor: Int)
  /// Depth to space in PyTorch's `pixel_shuffle` order.
  case shuffle(factor: Int)
}
