extension Architecture {
  /// The 16-convolution network of iSach/clipmorph (`FastStyleNet`), after Johnson et al. 2016 with instance normalisation.
  ///
  /// - Parameters:
  ///   - widths: channels at full, half and quarter resolution.
  ///   - blocks: how many residual blocks.
  public static func original(widths: (Int, Int, Int) = (32, 64, 128), blocks: Int = 5) -> Architecture {
    let (a, b, c) = widths
    var layers: [Layer] = [
      .reflected("convBlock.0.conv2d", 3, a, kernel: 9), .norm("convBlock.1", a), .relu,
      .reflected("convBlock.3.conv2d", a, b, kernel: 3, stride: 2), .norm("convBlock.4", b), .relu,
      .reflected("convBlock.6.conv2d", b, c, kernel: 3, stride: 2), .norm("convBlock.7", c), .relu,
    ]
    layers += (0..<max(0, blocks)).map { Layer.residualBlock("residualBlock.\($0)", c) }
    layers += [
      .doubling("convTransBlock.0.convTrans", c, b), .norm("convTransBlock.1", b), .relu,
      .doubling("convTransBlock.3.convTrans", b, a), .norm("convTransBlock.4", a), .relu,
      .reflected("convTransBlock.6.conv2d", a, 3, kernel: 9), .sigmoid,
    ]
    return Architecture(family: "original", input: .unit, layers: layers, output: .unit)
  }

  /// pytorch/examples' `TransformerNet`: nearest-neighbour upsampling in place of transposed convolutions, RGB 0…255 at both ends.
  ///
  /// - Parameters:
  ///   - widths: channels at full, half and quarter resolution.
  ///   - blocks: how many residual blocks.
  public static func transformerNet(widths: (Int, Int, Int) = (32, 64, 128), blocks: Int = 5) -> Architecture {
    let (a, b, c) = widths
    var layers: [Layer] = [
      .reflected("conv1.conv2d", 3, a, kernel: 9), .norm("in1", a), .relu,
      .reflected("conv2.conv2d", a, b, kernel: 3, stride: 2), .norm("in2", b), .relu,
      .reflected("conv3.conv2d", b, c, kernel: 3, stride: 2), .norm("in3", c), .relu,
    ]
    layers += (0..<max(0, blocks)).map { Layer.residualBlock("res\($0 + 1)", c) }
    layers += [
      .upsample(factor: 2), .reflected("deconv1.conv2d", c, b, kernel: 3), .norm("in4", b), .relu,
      .upsample(factor: 2), .reflected("deconv2.conv2d", b, a, kernel: 3), .norm("in5", a), .relu,
      .reflected("deconv3.conv2d", a, 3, kernel: 9),
    ]
    return Architecture(family: "transformer-net", input: .byte, layers: layers, output: .byte)
  }

  /// A network made for real time on a CPU: nothing wide at full resolution, and upsampling that leaves no lattice.
  ///
  /// Pixel-unshuffled by two (Shi et al. 2016, in reverse), one strided convolution, residual blocks at a quarter of the resolution, and two
  /// resize-convolutions.
  ///
  /// - Parameters:
  ///   - widths: channels at half and quarter resolution.
  ///   - blocks: how many residual blocks.
  public static func compact(widths: (Int, Int) = (32, 64), blocks: Int = 5) -> Architecture {
    packed(
      "compact", widths: widths, blocks: blocks, stride: 2, dilation: 1,
      enlarging: [.resizeConvolution(name: "up1.conv2d", input: widths.1, output: widths.0)])
  }

  /// `compact` computed at every second pixel instead of every fourth: the same weights, strokes that depend less on where the picture lies on
  /// the network's grid.
  ///
  /// The second convolution has no stride, and the residual blocks' taps are two apart (the algorithme à trous, Holschneider et al. 1989), so that each of
  /// the four grids that `compact` might have been laid on is computed. `up1.blur`, one kernel for each channel, is the mean of what the four
  /// would give; see `StyleNetwork.dense()`.
  ///
  /// - Parameters:
  ///   - widths: channels before and in the residual blocks, both at half resolution.
  ///   - blocks: how many residual blocks.
  public static func dense(widths: (Int, Int) = (16, 32), blocks: Int = 5) -> Architecture {
    packed(
      "dense", widths: widths, blocks: blocks, stride: 1, dilation: 2,
      enlarging: [
        .convolution(
          name: "up1.blur", input: widths.1, output: widths.1, kernel: 5, stride: 1, padding: 2, groups: widths.1),
        .reflected("up1.conv2d", widths.1, widths.0, kernel: 3),
      ])
  }

  /// What `compact` and `dense` have in common: all but the second convolution's stride, the blocks' dilation, and how half the resolution comes back.
  private static func packed(
    _ family: String, widths: (Int, Int), blocks: Int, stride: Int, dilation: Int, enlarging: [Layer]
  ) -> Architecture {
    let (a, b) = widths
    var layers: [Layer] = [
      .unshuffle(factor: 2), .reflected("down1.conv2d", 12, a, kernel: 3), .norm("down1.in", a), .relu,
      .reflected("down2.conv2d", a, b, kernel: 3, stride: stride), .norm("down2.in", b), .relu,
    ]
    layers += (0..<max(0, blocks)).map { Layer.residualBlock("res\($0 + 1)", b, dilation: dilation) }
    layers += enlarging
    layers += [.norm("up1.in", a), .relu, .resizeConvolution(name: "up2.conv2d", input: a, output: 3)]
    return Architecture(family: family, input: .unit, layers: layers, output: .unit)
  }

  /// One 1x1 convolution from RGB to RGB: with the weights of `StyleNetwork.identity()`, what goes in comes out.
  public static var identity: Architecture {
    Architecture(family: "identity", input: .unit, layers: [.reflected("conv", 3, 3, kernel: 1)], output: .unit)
  }
}

extension Layer {
  /// A convolution whose reflection padding is half its kernel, so that stride 1 keeps the size.
  fileprivate static func reflected(
    _ name: String, _ input: Int, _ output: Int, kernel: Int, stride: Int = 1, dilation: Int = 1
  ) -> Layer {
    .convolution(
      name: name, input: input, output: output, kernel: kernel, stride: stride, padding: kernel / 2 * dilation, groups: 1,
      dilation: dilation)
  }

  /// A 3x3 transposed convolution that doubles height and width exactly.
  fileprivate static func doubling(_ name: String, _ input: Int, _ output: Int) -> Layer {
    .transposedConvolution(name: name, input: input, output: output, kernel: 3, stride: 2, padding: 1, outputPadding: 1)
  }

  /// Instance normalisation with PyTorch's default epsilon.
  fileprivate static func norm(_ name: String, _ channels: Int) -> Layer {
    .instanceNorm(name: name, channels: channels, epsilon: 1e-5)
  }

  fileprivate static func residualBlock(_ name: String, _ channels: Int, dilation: Int = 1) -> Layer {
    .residual([
      .reflected("\(name).conv1.conv2d", channels, channels, kernel: 3, dilation: dilation), .norm("\(name).in1", channels),
      .relu, .reflected("\(name).conv2.conv2d", channels, channels, kernel: 3, dilation: dilation),
      .norm("\(name).in2", channels),
    ])
  }
}
