/// A convolution whose outputs for two by two pixels are computed together: with stride 2, four times the channels, and a kernel one wider, shifted in
/// zeros to each of the four places. A pixel shuffle puts the channels where they belong.
///
/// It multiplies a little more, and fills the processor's vectors where the layer has only a few output channels: three times as fast for the
/// 9x9 layer that ends the original network (`docs/NETWORKS.md`).
enum PhasedConvolution {
  /// The weight [4 output, input, kernel + 1, kernel + 1], channels in pixel shuffle's order, from that of the layer [output, input, kernel, kernel].
  ///
  /// - Parameters:
  ///   - weight: row-major.
  ///   - input: the number of input channels.
  ///   - kernel: the layer's side.
  static func phased(weight: [Float], input: Int, kernel: Int) -> [Float] {
    let output = weight.count / max(1, input * kernel * kernel)
    let side = kernel + 1
    var result = [Float](repeating: 0, count: output * 4 * input * side * side)
    for o in 0..<output {
      for phase in 0..<4 {
        for i in 0..<input {
          for row in 0..<kernel {
            for column in 0..<kernel {
              let target = (((o * 4 + phase) * input + i) * side + row + phase / 2) * side + column + phase % 2
              result[target] = weight[((o * input + i) * kernel + row) * kernel + column]
            }
          }
        }
      }
    }
    return result
  }
}
