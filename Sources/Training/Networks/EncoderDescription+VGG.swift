/// The loss networks that are known: VGG-19 (Simonyan & Zisserman 2014) and two of its kin.
extension EncoderDescription {
  /// torchvision's VGG-19: ImageNet normalisation, zero padding, max-pooling. Taps relu1_1 … relu5_4.
  static let vgg19 = EncoderDescription(
    name: "vgg19", files: ["vgg19-dcbb9e9d", "vgg19"],
    steps: {
      var steps: [Step] = [.normalisation]
      var index = 0
      for (block, convolutions) in [2, 2, 4, 4, 4].enumerated() {
        for convolution in 1...convolutions {
          steps += [.convolution("features.\(index)", .zeros), .relu, .tap("relu\(block + 1)_\(convolution)")]
          index += 2
        }
        steps.append(.maxPool(ceil: false))
        index += 1
      }
      return steps
    }())

  /// A distilled VGG-19 with a quarter of its channels (Wang et al. 2020, "Collaborative Distillation for Ultra-Resolution Universal Style
  /// Transfer"): a 1x1 colour layer, reflection padding, max-pooling. Taps relu1_1 … relu5_1.
  static let slim = EncoderDescription(
    name: "vgg19-slim", files: ["vgg19-slim"],
    steps: {
      var steps: [Step] = [.convolution("conv0", .none)]
      for (block, convolutions) in [2, 2, 4, 4, 1].enumerated() {
        if block > 0 { steps.append(.maxPool(ceil: false)) }
        for convolution in 1...convolutions {
          steps += [.convolution("conv\(block + 1)\(convolution)", .reflection), .relu, .tap("relu\(block + 1)_\(convolution)")]
        }
      }
      return steps
    }())

  /// VGG-19 up to relu3_1 with the mean activation of every filter scaled to 1 (Gatys et al. 2015): a 1x1 colour layer, reflection padding,
  /// max-pooling whose last window may reach over the edge. Taps relu1_1, relu1_2, relu2_1, relu2_2, relu3_1.
  static let normalised = EncoderDescription(
    name: "vgg19-normalised", files: ["vgg19-normalised-conv3_1", "vgg19-normalised"],
    steps: [
      .convolution("0", .none),
      .convolution("2", .reflection), .relu, .tap("relu1_1"),
      .convolution("5", .reflection), .relu, .tap("relu1_2"), .maxPool(ceil: true),
      .convolution("9", .reflection), .relu, .tap("relu2_1"),
      .convolution("12", .reflection), .relu, .tap("relu2_2"), .maxPool(ceil: true),
      .convolution("16", .reflection), .relu, .tap("relu3_1"),
    ])
}
