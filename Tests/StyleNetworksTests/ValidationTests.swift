import StyleNetworks
import Testing

/// A wrong description and a part of the message with which it must be refused.
struct Invalid: CustomTestStringConvertible, Sendable {
  var fragment: String
  var architecture: Architecture
  var testDescription: String { fragment }

  init(_ fragment: String, _ layers: [Layer], family: String = "test") {
    self.fragment = fragment
    architecture = Architecture(family: family, input: .unit, layers: layers, output: .unit)
  }
}

@Suite struct ValidationTests {
  static func conv(
    _ name: String = "c", _ input: Int = 3, _ output: Int = 3, kernel: Int = 3, stride: Int = 1, padding: Int = 1,
    groups: Int = 1,
    dilation: Int = 1
  ) -> Layer {
    .convolution(
      name: name, input: input, output: output, kernel: kernel, stride: stride, padding: padding, groups: groups,
      dilation: dilation)
  }

  static func transposed(kernel: Int = 3, stride: Int = 2, padding: Int = 1, outputPadding: Int = 1) -> Layer {
    .transposedConvolution(
      name: "t", input: 3, output: 3, kernel: kernel, stride: stride, padding: padding, outputPadding: outputPadding)
  }

  static func nested(_ depth: Int) -> Layer { (0..<depth).reduce(conv()) { layer, _ in .residual([layer]) } }

  static let invalid: [Invalid] = [
    Invalid("it has no convolution", []),
    Invalid("Layer c of the network's description: it takes 4 channels but gets 3", [conv("c", 4)]),
    Invalid("gives 5 channels instead of 3", [conv("c", 3, 5)]),
    Invalid("Layer d of the network's description: it takes 3 channels but gets 5", [conv("c", 3, 5), conv("d")]),
    Invalid("it gives 4097 channels", [conv("c", 3, 4097)]),
    Invalid("it gives 0 channels", [conv("c", 3, 0)]),
    Invalid("the kernel is 32 wide", [conv(kernel: 32)]),
    Invalid("the kernel is 0 wide", [conv(kernel: 0)]),
    Invalid("the stride is 5", [conv(stride: 5)]),
    Invalid("the stride is 0", [conv(stride: 0)]),
    Invalid("the padding is -1", [conv(padding: -1)]),
    Invalid("the padding is 4", [conv(padding: 4)]),
    Invalid("the padding is 9223372036854775807", [conv(padding: .max)]),
    Invalid("the dilation is 0", [conv(dilation: 0)]),
    Invalid("the dilation is 9", [conv(padding: 9, dilation: 9)]),
    Invalid("the dilation is 9223372036854775807", [conv(dilation: .max)]),
    Invalid("stride 1, dilation 2 and padding 1 crops or grows", [conv(dilation: 2)]),
    Invalid("the padding is 6; 0 to 5 are allowed", [conv(padding: 6, dilation: 2)]),
    Invalid("2 groups do not divide 3 and 3", [conv(groups: 2)]),
    Invalid("0 groups", [conv(groups: 0)]),
    Invalid(
      "it takes 9223372036854775807 channels but gets 3",
      [
        conv("c", .max, .min, kernel: .min, stride: .min, padding: .max, groups: .min), .unshuffle(factor: .min),
        transposed(kernel: .max, stride: .max, padding: .min, outputPadding: .max), .upsample(factor: .max),
        .shuffle(factor: .min),
      ]),
    Invalid("crops or grows", [conv(padding: 0)]),
    Invalid("crops or grows", [conv(padding: 2)]),
    Invalid("the output is 1/2 of the input's size", [conv(stride: 2)]),
    Invalid("the output is 2/1 of the input's size", [conv(), .upsample(factor: 2)]),
    Invalid("does not multiply the size by 2", [conv(stride: 2), transposed(outputPadding: 0)]),
    Invalid("the output padding must be 0 to 1", [conv(stride: 2), transposed(outputPadding: 2)]),
    Invalid("the factor must be 2 to 8", [conv(), .upsample(factor: 1)]),
    Invalid("the factor must be 2 to 8", [conv(), .unshuffle(factor: 9)]),
    Invalid("3 channels cannot be shuffled by 2", [conv(), .shuffle(factor: 2)]),
    Invalid("it gives 12288 channels", [conv(), .unshuffle(factor: 8), .unshuffle(factor: 8)]),
    Invalid("more than 256-fold", [conv()] + [Layer](repeating: .upsample(factor: 8), count: 3)),
    Invalid("it takes 4 channels but gets 3", [conv(), .instanceNorm(name: "n", channels: 4, epsilon: 1e-5)]),
    Invalid("epsilon must be above 0", [conv(), .instanceNorm(name: "n", channels: 3, epsilon: 0)]),
    Invalid("epsilon must be above 0", [conv(), .instanceNorm(name: "n", channels: 3, epsilon: .nan)]),
    Invalid("another layer has this name", [conv(), conv()]),
    Invalid("a name has 1 to 200 characters", [conv("")]),
    Invalid("a name has 1 to 200 characters", [conv("a b")]),
    Invalid("a name has 1 to 200 characters", [conv("../a/b")]),
    Invalid("the family's name", [conv()], family: ""),
    Invalid("residuals nest deeper than 8", [nested(9)]),
    Invalid("the residual is empty", [conv(), .residual([])]),
    Invalid("the residual takes 3 channels and gives 5", [.residual([conv("c", 3, 5)])]),
    Invalid("must not change the resolution", [.residual([conv(stride: 2), .upsample(factor: 2)])]),
    Invalid("more than 1000 layers", [conv()] + [Layer](repeating: .relu, count: 1000)),
    Invalid(
      "at most 500000000 are allowed",
      [conv("a", 3, 4096)] + (0..<4).map { conv("b\($0)", 4096, 4096) } + [conv("z", 4096, 3)]),
  ]

  @Test(arguments: invalid)
  func isRefusedWithItsReason(_ invalid: Invalid) {
    let reason = message { try invalid.architecture.validate() }
    #expect(reason.contains(invalid.fragment), "'\(reason)'")
  }

  @Test func validOnesPass() {
    for architecture in [Architecture.original(), .transformerNet(), .original(widths: (1, 1, 1), blocks: 0), .identity] {
      #expect(message { try architecture.validate() } == "")
    }
    #expect(message { try Invalid("", [Self.nested(8)]).architecture.validate() } == "")
    #expect(
      message { try Invalid("", [Self.conv(stride: 2), Self.transposed(kernel: 4, outputPadding: 0)]).architecture.validate() }
        == "")
  }

  @Test func geometryOfWrongDescriptionsDoesNotTrap() {
    for architecture in Self.invalid.map(\.architecture) {
      _ = (architecture.multiple, architecture.minimumSide, architecture.receptiveRadius, architecture.peakBytesPerPixel)
      _ = (architecture.parameterCount, architecture.multiplyAddsPerPixel)
      #expect(architecture.parameterShapes.count <= 16, "\(architecture.outputSize(height: 16, width: 16))")
    }
  }
}
