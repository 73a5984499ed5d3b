public import StyleNetworks
public import Torch

/// Runs a network's passes. Where the weights come from, and whether they are learnt, is the caller's business.
public struct FusedNetwork: Sendable {
  /// The passes, first to last.
  public let passes: [Pass]

  /// A network as passes; nil where it has a layer that none of them does.
  public init?(_ architecture: Architecture) {
    guard let passes = architecture.passes else { return nil }
    self.passes = passes
  }

  /// Pictures to paintings.
  ///
  /// - Parameters:
  ///   - pictures: bytes [N, H, W, 3] or f32 [N, 3, H, W] in 0…1.
  ///   - bytes: whether the paintings are bytes [N, H, W, 3], else f32 [N, 3, H, W] in about 0…1.
  ///   - weight: a convolution's weight in its form, bfloat16 with channels last; see `form`.
  ///   - parameter: any other parameter by its name, f32 [C].
  public func run(
    _ pictures: Tensor, bytes: Bool, weight: (String, Pass.Form) throws(TorchError) -> Tensor,
    parameter: (String) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    var x = pictures
    var border = 0
    var kept: (maps: Tensor, border: Int)?
    for pass in passes {
      switch pass {
      case .unfold(let kernel):
        x = try x.unfoldedRows(kernel: kernel, channels: Pass.rowChannels(kernel: kernel))  // [N, 32, H + k - 1, W]
      case .unshuffle: x = try x.unshuffledAndPadded()  // [N, 16, H/2 + 2, W/2 + 2]
      case .convolution(let name, let stride, let form):
        x = try x.convolved(weight: weight(name, form), stride: stride)  // [N, C', H', W']
      case .transposedConvolution(let name, let stride, let padding, let outputPadding):
        x = try x.transposeConvolved(
          weight: weight(name, .plain), stride: stride, padding: padding, outputPadding: outputPadding)  // [N, C', sH, sW]
      case .keep: kept = (x, border)
      case .norm(let name, let epsilon, let relu, let factor, let addsResidual, let padding):
        x = try x.fusedNorm(
          weight: parameter(name + ".weight"), bias: parameter(name + ".bias"), epsilon: epsilon, relu: relu, factor: factor,
          residual: addsResidual ? kept?.maps : nil, margin: addsResidual ? kept?.border ?? 0 : 0,
          padding: padding)  // [N, C, fH + 2p, fW + 2p]
        border = padding
      case .sum(let name, let kernel, let sigmoid):
        x = try x.summedRows(bias: parameter(name + ".bias"), kernel: kernel, sigmoid: sigmoid, bytes: bytes)
      case .shuffle(let name): x = try x.shuffledOut(bias: parameter(name + ".bias"), bytes: bytes)
      }
    }
    return x
  }

  /// A weight [output, input, k, k] laid out for a pass; gradients flow through it.
  public static func form(_ weight: Tensor, _ form: Pass.Form) throws(TorchError) -> Tensor {
    let shape = try weight.shape()
    switch form {
    case .plain:
      return shape[1] % 8 == 0 ? weight : try weight.paddedChannels(to: (shape[1] + 7) / 8 * 8)
    case .column:
      let rows = try weight.permuted([0, 3, 1, 2]).reshaped([shape[0], 3 * shape[3], shape[2], 1])  // [C', 3k, k, 1]
      return try rows.paddedChannels(to: Pass.rowChannels(kernel: shape[3]))
    case .row:
      let columns = try weight.permuted([1, 2, 0, 3]).reshaped([shape[1], 3 * shape[2], 1, shape[3]])  // [C, 3k, 1, k]
      return try columns.paddedChannels(to: Pass.rowChannels(kernel: shape[2])).transposed(0, 1)  // [32, C, 1, k]
    case .phases:
      return try weight.reshaped([shape[0] / 4, 4, shape[1] * shape[2] * shape[3]]).permuted([1, 0, 2]).reshaped(shape)
    case .padded:
      let padded = (shape[0] + 7) / 8 * 8
      return shape[0] == padded ? weight : try weight.transposed(0, 1).paddedChannels(to: padded).transposed(0, 1)
    }
  }
}
