import Foundation
import StyleNetworks
import Testing

@Suite struct ArchitectureTests {
  static let families: [(name: String, build: @Sendable ((Int, Int, Int), Int) -> Architecture)] = [
    ("original", { .original(widths: $0, blocks: $1) }), ("transformer-net", { .transformerNet(widths: $0, blocks: $1) }),
  ]

  @Test func originalIsTheStartingDocumentsNetwork() {
    let original = Architecture.original()
    #expect(original.parameterCount == 1_679_235)
    #expect(original.parameterShapes.count { $0.shape.count == 4 } == 16)
    #expect(original.normCount == 15)
    #expect(original.multiple == 4)
    #expect(original.minimumSide == 8)
    #expect((original.input, original.output) == (.unit, .unit))
  }

  @Test func transformerNetIsPyTorchsExample() {
    let net = Architecture.transformerNet()
    #expect(net.parameterCount == 1_679_235)
    #expect(net.parameterShapes.first { $0.name == "res5.conv2.conv2d.weight" }?.shape == [128, 128, 3, 3])
    #expect((net.input, net.output) == (.byte, .byte))
    #expect(net.layers.last != .sigmoid)
  }

  @Test func parametersAreThoseOfTheCheckpoints() throws {
    for (file, architecture) in [
      ("original", Architecture.original(widths: (4, 5, 6), blocks: 2)),
      ("transformer-net", .transformerNet(widths: (4, 5, 6), blocks: 3)),
    ] {
      let saved = try SafetensorsFile(contentsOf: Fixtures.path("\(file).safetensors"))
      let shapes = architecture.parameterShapes
      #expect(Set(shapes.map(\.name)) == Set(saved.names))
      for (name, shape) in shapes { #expect(saved[name]?.shape == shape, "\(name)") }
    }
  }

  @Test func sizesAreThoseOfPyTorchsOutputs() throws {
    let goldens = try Fixtures.goldens()
    var compared = 0
    for (family, build) in Self.families {
      for (variant, widths, blocks) in [("full", (32, 64, 128), 5), ("odd", (12, 20, 28), 3)] {
        for (height, width) in [(8, 8), (37, 53), (256, 256), (360, 640)] {
          for batch in [1, 3] {
            let shape = try #require(goldens["\(family).\(variant).\(height)x\(width).b\(batch).shape"]).floats().map { Int($0) }
            let size = build(widths, blocks).outputSize(height: height, width: width)
            #expect(shape == [batch, 3, size.height, size.width])
            compared += 1
          }
        }
      }
    }
    #expect(compared == 32)
  }

  @Test func receptiveRadiusIsThatOfPyTorchsGradients() {
    // Measured as the support of an output pixel's gradient, normalisation and activations removed.
    #expect(Architecture.original().receptiveRadius == 54)
    #expect(Architecture.original(blocks: 1).receptiveRadius == 22)
    #expect(Architecture.transformerNet().receptiveRadius == 57)
    #expect(Architecture.transformerNet(blocks: 1).receptiveRadius == 25)
    #expect(Architecture.identity.receptiveRadius == 0)
    // 53 in both by gradients; the bound counts a cell's farther pixel for all.
    #expect((53...54).contains(Architecture.compact().receptiveRadius))
    #expect((53...54).contains(Architecture.dense().receptiveRadius))
  }

  @Test func costsAreCounted() {
    // By hand: 9x9 3->32 at full size, 3x3 32->64 at a quarter of the pixels, and so on.
    let down: [Double] = [81 * 3 * 32, 9 * 32 * 64 / 4, 9 * 64 * 128 / 16]
    let blocks: [Double] = [10 * 9 * 128 * 128 / 16]
    let transposed: [Double] = [9 * 128 * 64 / 16, 9 * 64 * 32 / 4, 81 * 32 * 3]
    let upsampled: [Double] = [9 * 128 * 64 / 4, 9 * 64 * 32, 81 * 32 * 3]
    #expect(Architecture.original().multiplyAddsPerPixel == (down + blocks + transposed).reduce(0, +))
    #expect(Architecture.transformerNet().multiplyAddsPerPixel == (down + blocks + upsampled).reduce(0, +))
    // The second convolution: 32 channels, their padded copy, 64 channels at a quarter of the pixels.
    #expect(Architecture.original().peakBytesPerPixel == (32 + 32 + 64 / 4) * 4)
    // deconv2: 64 channels at full size, their padded copy, 32 channels.
    #expect(Architecture.transformerNet().peakBytesPerPixel == (64 + 64 + 32) * 4)
    // Inside a residual: x kept, x in, its padded copy, out.
    #expect(Architecture.original(widths: (1, 1, 400), blocks: 1).peakBytesPerPixel == 400 / 16 * 4 * 4)
  }

  @Test func unshuffledNetworksHaveTheirGeometry() {
    let network = Architecture(
      family: "small", input: .unit,
      layers: [
        .unshuffle(factor: 2), .convolution(name: "a", input: 12, output: 24, kernel: 3, stride: 2, padding: 1, groups: 4),
        .upsample(factor: 2), .convolution(name: "b", input: 24, output: 12, kernel: 3, stride: 1, padding: 1, groups: 1),
        .shuffle(factor: 2),
      ], output: .unit)
    #expect(throws: Never.self) { try network.validate() }
    #expect(network.multiple == 4)
    #expect(network.outputSize(height: 9, width: 16) == (12, 16))
    // unshuffle 1, convolution 2, upsample 2, convolution 2, shuffle 1.
    #expect(network.receptiveRadius == 8)
    #expect(network.parameterShapes[0].shape == [24, 3, 3, 3])
    let expected: [Double] = [9 * 3 * 24 / 16, 9 * 24 * 12 / 4]
    #expect(network.multiplyAddsPerPixel == expected.reduce(0, +))
  }

  @Test func denseHasItsGeometry() {
    let network = Architecture.dense()
    #expect(throws: Never.self) { try network.validate() }
    #expect(network.multiple == 2)
    // Two rows and columns of features are added by reflection: three are needed.
    #expect(network.minimumSide == 6)
    #expect(network.outputSize(height: 90, width: 126) == (90, 126))
    let half: [Double] = [9 * 12 * 16, 9 * 16 * 32, 10 * 9 * 32 * 32, 25 * 32, 9 * 32 * 16, 9 * 16 * 12]
    #expect(network.multiplyAddsPerPixel == half.reduce(0, +) / 4)
    // Only the blurring kernels are new.
    let (own, compact) = (network.parameterShapes, Architecture.compact(widths: (16, 32)).parameterShapes)
    let rest = own.filter { !$0.name.hasPrefix("up1.blur.") }
    #expect(rest.map(\.name) == compact.map(\.name) && rest.map(\.shape) == compact.map(\.shape))
    #expect(own.count == rest.count + 2)
  }

  @Test func dilationIsWrittenWhereThereIsOne() throws {
    let plain = Layer.convolution(name: "a", input: 3, output: 3, kernel: 3, stride: 1, padding: 1, groups: 1)
    #expect(!String(decoding: try JSONEncoder().encode(plain), as: UTF8.self).contains("dilation"))
    let apart = Layer.convolution(name: "a", input: 3, output: 3, kernel: 3, stride: 1, padding: 2, groups: 1, dilation: 2)
    #expect(String(decoding: try JSONEncoder().encode(apart), as: UTF8.self).contains("\"dilation\":2"))
    #expect(plain != apart)
  }

  @Test func survivesJSON() throws {
    for architecture in [Architecture.original(), .transformerNet(blocks: 2), .dense(blocks: 2), .identity] {
      let data = try JSONEncoder().encode(architecture)
      #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
    }
    let text = #"{"family":"f","input":"unit","output":"unit","layers":[{"type":"residual","layers":[{"type":"relu"}]}]}"#
    #expect(try JSONDecoder().decode(Architecture.self, from: Data(text.utf8)).layers == [.residual([.relu])])
    let deep = String(repeating: #"{"type":"residual","layers":["#, count: 200) + String(repeating: "]}", count: 200)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Layer.self, from: Data(deep.utf8)) }
  }
}
