internal import Engine
internal import Torch

/// Where the statistics of instance normalisation come from in one run of a network.
enum Norms {
  /// From each picture of the batch by itself.
  case own
  /// From the batch as a whole without a margin of its pictures, given in pixels with the pictures' width; collected on the way.
  case pooled([(mean: Tensor, variance: Tensor)], margin: Int, width: Int)
  /// Given, in the order of the layers; the number is the next layer's.
  case fixed([(mean: Tensor, variance: Tensor)], next: Int)

  init(fixed statistics: NormStatistics, device: Device) throws(TorchError) {
    var layers: [(mean: Tensor, variance: Tensor)] = []
    for layer in statistics.layers {
      layers.append((try Norms.vector(layer.mean, device), try Norms.vector(layer.variance, device)))
    }
    self = .fixed(layers, next: 0)
  }

  /// Normalises `x`, which may be changed, with ReLU after it where wanted.
  mutating func apply(
    to x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double, relu: Bool
  ) throws(TorchError) -> Tensor {
    if case .own = self {
      try x.instanceNormalizeInPlace(weight: weight, bias: bias, epsilon: epsilon, relu: relu)
      return x
    }
    let y = try shared(x, weight: weight, bias: bias, epsilon: epsilon)
    if relu { try y.reluInPlace() }
    return y
  }

  /// Normalises by statistics that several pictures share.
  private mutating func shared(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
    switch self {
    case .own:
      return try x.instanceNormalized(weight: weight, bias: bias, epsilon: epsilon)
    case .pooled(let layers, let margin, let width):
      // The margin is as much narrower here as the layer's picture is.
      let here = margin * (try x.shape()[3]) / width
      let (output, mean, variance) = try x.pooledNormalized(weight: weight, bias: bias, epsilon: epsilon, margin: here)
      self = .pooled(layers + [(mean, variance)], margin: margin, width: width)
      return output
    case .fixed(let layers, let next):
      guard next < layers.count else {
        throw TorchError.failed(call: "batch_norm", reason: "statistics for \(layers.count) layers, the network has more")
      }
      self = .fixed(layers, next: next + 1)
      return try x.normalized(
        weight: weight, bias: bias, mean: layers[next].mean, variance: layers[next].variance, epsilon: epsilon)
    }
  }

  /// What a pooled run has seen.
  func collected() throws(TorchError) -> NormStatistics {
    guard case .pooled(let layers, _, _) = self else { return NormStatistics(layers: []) }
    var statistics: [NormStatistics.LayerStatistics] = []
    for (mean, variance) in layers {
      statistics.append(.init(mean: try mean.floats(), variance: try variance.floats()))
    }
    return NormStatistics(layers: statistics)
  }

  private static func vector(_ values: [Float], _ device: Device) throws(TorchError) -> Tensor {
    try Tensor(copying: values, shape: [values.count], type: .float32, device: device)
  }
}
