/// Bilinear upsampling by two and the 3x3 convolution after it as one 3x3 convolution before a pixel shuffle: the same numbers for the same
/// multiply-adds, without ever making the upsampled features.
///
/// Of a row x of features, upsampling makes u[2i] = x[i-1]/4 + 3x[i]/4 and u[2i+1] = 3x[i]/4 + x[i+1]/4 (half-pixel centres). A kernel of three
/// on u, centred on an even or an odd position, is therefore a kernel of three on x. Whatever the kernel, features that do not change give
/// a picture that does not change: no lattice, unlike a transposed convolution or a shuffle with weights of its own.
public enum ResizeConvolution {
  /// For even and odd positions: how much each of x[i-1], x[i], x[i+1] (rows) takes of each of the kernel's weights (columns).
  private static let taps: [[[Float]]] = [
    [[0.75, 0.25, 0], [0.25, 0.75, 0.75], [0, 0, 0.25]],
    [[0.25, 0, 0], [0.75, 0.75, 0.25], [0, 0.25, 0.75]],
  ]

  /// The matrix [9, 36] from a kernel (row, column) to the four kernels of the output's phases (row, column of the phase; row, column of the
  /// kernel), row-major.
  public static let phases: [Float] = {
    var matrix: [Float] = []
    for k in 0..<9 {
      for phase in 0..<4 {
        for position in 0..<9 { matrix.append(taps[phase / 2][position / 3][k / 3] * taps[phase % 2][position % 3][k % 3]) }
      }
    }
    return matrix
  }()

  /// The merged convolution's weight [4 output, input, 3, 3], channels in pixel shuffle's order, from that of the layer [output, input, 3, 3].
  ///
  /// - Parameters:
  ///   - weight: row-major.
  ///   - input: the number of input channels.
  public static func merged(weight: [Float], input: Int) -> [Float] {
    let output = weight.count / max(1, input * 9)
    var result = [Float](repeating: 0, count: output * 4 * input * 9)
    for o in 0..<output {
      for i in 0..<input {
        for phase in 0..<4 {
          for position in 0..<9 {
            var sum: Float = 0
            for k in 0..<9 { sum += weight[(o * input + i) * 9 + k] * phases[k * 36 + phase * 9 + position] }
            result[((o * 4 + phase) * input + i) * 9 + position] = sum
          }
        }
      }
    }
    return result
  }

  /// The merged convolution's bias [4 output].
  public static func merged(bias: [Float]) -> [Float] {
    bias.flatMap { [Float](repeating: $0, count: 4) }
  }
}

extension StyleNetwork {
  /// The weights with those of resize-convolutions merged, as engines run them: `name.weight` [4 output, input, 3, 3], `name.bias` [4 output].
  ///
  /// - Throws: `StyleNetworkError` where a tensor cannot be made.
  public func mergingResizeConvolutions() throws(StyleNetworkError) -> [String: WeightTensor] {
    var merged = weights
    for case .resizeConvolution(let name, let input, let output) in architecture.flattened {
      guard let weight = weights[name + ".weight"], let bias = weights[name + ".bias"] else { continue }
      merged[name + ".weight"] = try WeightTensor(
        floats: ResizeConvolution.merged(weight: weight.floats(), input: input), shape: [output * 4, input, 3, 3])
      merged[name + ".bias"] = try WeightTensor(floats: ResizeConvolution.merged(bias: bias.floats()), shape: [output * 4])
    }
    return merged
  }
}
