import Engine
import Foundation
import Imaging
import StyleNetworks
import Testing
import Torch
import TorchEngine
import TorchPasses

@Suite struct PassTests {
  @Test func `the original network is one pass a convolution, normalisations carry the padding`() throws {
    let passes = try #require(Architecture.original(blocks: 1).passes)
    func norm(_ name: String, relu: Bool = true, adds: Bool = false, padding: Int) -> Pass {
      .norm(name: name, epsilon: 1e-5, relu: relu, factor: 1, addsResidual: adds, padding: padding)
    }
    #expect(
      passes == [
        .unfold(kernel: 9), .convolution(name: "convBlock.0.conv2d", stride: 1, form: .column), norm("convBlock.1", padding: 1),
        .convolution(name: "convBlock.3.conv2d", stride: 2, form: .plain), norm("convBlock.4", padding: 1),
        .convolution(name: "convBlock.6.conv2d", stride: 2, form: .plain), norm("convBlock.7", padding: 1),
        .keep,
        .convolution(name: "residualBlock.0.conv1.conv2d", stride: 1, form: .plain), norm("residualBlock.0.in1", padding: 1),
        .convolution(name: "residualBlock.0.conv2.conv2d", stride: 1, form: .plain),
        norm("residualBlock.0.in2", relu: false, adds: true, padding: 0),
        .transposedConvolution(name: "convTransBlock.0.convTrans", stride: 2, padding: 1, outputPadding: 1),
        norm("convTransBlock.1", padding: 0),
        .transposedConvolution(name: "convTransBlock.3.convTrans", stride: 2, padding: 1, outputPadding: 1),
        norm("convTransBlock.4", padding: 4),
        .convolution(name: "convTransBlock.6.conv2d", stride: 1, form: .row),
        .sum(name: "convTransBlock.6.conv2d", kernel: 9, sigmoid: true),
      ])
    #expect(Architecture.original().passesLearn)
  }

  @Test func `the compact network begins with cells and ends with phases`() throws {
    let passes = try #require(Architecture.compact(widths: (16, 32), blocks: 1).passes)
    #expect(passes.first == .unshuffle)
    #expect(passes.suffix(2) == [.convolution(name: "up2.conv2d", stride: 1, form: .padded), .shuffle(name: "up2.conv2d")])
    #expect(passes.contains(.convolution(name: "up1.conv2d", stride: 1, form: .phases)))
    #expect(passes.contains(.norm(name: "up1.in", epsilon: 1e-5, relu: true, factor: 2, addsResidual: false, padding: 1)))
    #expect(!Architecture.compact().passesLearn)
  }

  @Test func `networks with other layers or widths have no passes`() {
    #expect(Architecture.transformerNet().passes == nil)
    #expect(Architecture.identity.passes == nil)
    #expect(Architecture.original(widths: (6, 12, 24), blocks: 1).passes == nil)
    #expect(Architecture.compact(widths: (6, 8), blocks: 1).passes == nil)
    #expect(Architecture.dense().passes == nil)
    var apart = Architecture.original(widths: (8, 16, 24), blocks: 1)
    #expect(
      apart.layers.firstIndex(
        of: .convolution(
          name: "convBlock.3.conv2d", input: 8, output: 16, kernel: 3, stride: 2, padding: 1, groups: 1)) == 3)
    apart.layers[3] = .convolution(
      name: "convBlock.3.conv2d", input: 8, output: 16, kernel: 3, stride: 2, padding: 2, groups: 1, dilation: 2)
    #expect(apart.passes == nil)
    // A convolution's bias falls out in a normalisation: between two convolutions there must be one.
    var doubled = Architecture.original(widths: (8, 16, 24), blocks: 1)
    #expect(doubled.passes != nil)
    let second = Layer.convolution(name: "second", input: 8, output: 8, kernel: 3, stride: 1, padding: 1, groups: 1)
    doubled.layers.insert(second, at: 1)
    #expect(doubled.passes == nil)
  }

  /// A weight's elements are found where their pass looks for them.
  @Test func `weights are laid out for their passes`() throws {
    // [8, 3, 5, 5] to [8, 16, 5, 1]: channel 3 j + c at row r.
    let first = try Tensor(copying: (0..<600).map(Float.init), shape: [8, 3, 5, 5], type: .float32)
    let column = try FusedNetwork.form(first, .column)
    #expect(try column.shape() == [8, 16, 5, 1])
    let columns = try column.copied().floats()
    // [3, 8, 5, 5] to [16, 8, 1, 5]: output 3 r + c at column j.
    let last = try Tensor(copying: (0..<600).map(Float.init), shape: [3, 8, 5, 5], type: .float32)
    let row = try FusedNetwork.form(last, .row)
    #expect(try row.shape() == [16, 8, 1, 5])
    let rows = try row.permuted([0, 1, 2, 3]).floats()
    for (o, c, r, j) in [(0, 0, 0, 0), (7, 2, 4, 3), (3, 1, 2, 4)] {
      #expect(columns[(o * 16 + 3 * j + c) * 5 + r] == Float(((o * 3 + c) * 5 + r) * 5 + j))
      #expect(rows[((3 * r + c) * 8 + o) * 5 + j] == Float(((c * 8 + o) * 5 + r) * 5 + j))
    }
    #expect((0..<8).allSatisfy { o in (0..<5).allSatisfy { columns[(o * 16 + 15) * 5 + $0] == 0 } })
    // Four phases of two outputs: from o 4 + phase to phase 2 + o.
    let merged = try Tensor(copying: (0..<8).map(Float.init), shape: [8, 1, 1, 1], type: .float32)
    #expect(try FusedNetwork.form(merged, .phases).floats() == [0, 4, 1, 5, 2, 6, 3, 7])
    #expect(try FusedNetwork.form(last, .padded).shape() == [8, 8, 5, 5])
  }
}

/// What a GPU computes, against the CPU.
@Suite(.serialized, .enabled(if: CUDADevice.isHere, "there is no CUDA device here"))
struct CUDATests {
  static let architectures = [Architecture.original(), .compact(), .compact(widths: (16, 32)), .transformerNet()]

  @Test(arguments: architectures) func `pictures agree with the CPU's to 40 dB`(_ architecture: Architecture) throws {
    let network = try StyleNetwork.random(architecture: architecture, seed: 5)
    let picture = CUDADevice.picture(width: 256, height: 192, seed: 1)
    let exact = try TorchEngine.prepare(network, options: EngineOptions(device: .cpu, precision: .f32))
      .stylize(picture, statistics: nil)
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cuda))
    // The first of a size is run, the second recorded, the third replayed.
    for _ in 0..<3 {
      let psnr = try CUDADevice.psnr(runner.stylize(picture, statistics: nil), exact)
      #expect(psnr >= 40)
    }
  }

  @Test(arguments: architectures.prefix(3)) func `planes give what RGB gives`(_ architecture: Architecture) throws {
    let network = try StyleNetwork.random(architecture: architecture, seed: 5)
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cuda))
    #expect(runner.takesPlanes)
    let coding = PlanarImage.Coding(red: 0.2126, blue: 0.0722, isFullRange: false)
    // Without colour differences a picture is grey, in RGB too.
    let luma = CUDADevice.picture(width: 256, height: 64, seed: 1).bytes.map { 16 + $0 / 2 }
    let planes = PlanarImage(width: 256, height: 192, coding: coding) { bytes in
      for index in bytes.indices { bytes[index] = index < luma.count ? luma[index] : 128 }
    }
    let grey = ImageBuffer(width: 256, height: 192) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(((Double(luma[index / 3]) - 16) / 219 * 255).rounded()) }
    }
    let wanted = try runner.stylize(grey, statistics: nil)
    for _ in 0..<3 {
      let painted = try #require(try runner.stylize(planes))
      #expect(painted.coding == coding)
      let pairs = (0..<luma.count).map { index -> (Double, Double) in
        let rgb = (0..<3).map { Double(wanted.bytes[index * 3 + $0]) }
        return (Double(painted.bytes[index]), (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) * 219 / 255 + 16)
      }
      // Half a level for each rounding.
      #expect(pairs.allSatisfy { abs($0 - $1) <= 1.01 })
    }
    let odd = PlanarImage(width: 258, height: 192, coding: coding) { $0.initializeMemory(as: UInt8.self, repeating: 128) }
    #expect(try runner.stylize(odd) == nil)
  }

  @Test func `several pictures at once do not get into each other's way`() async throws {
    let network = try StyleNetwork.random(architecture: .compact(widths: (16, 32)), seed: 5)
    let runner = try TorchEngine.prepare(network, options: EngineOptions(device: .cuda))
    let pictures = (0..<6).map { CUDADevice.picture(width: 128, height: 96, seed: UInt64($0)) }
    let expected = try pictures.map { try runner.stylize($0, statistics: nil) }
    await withTaskGroup(of: Void.self) { group in
      for (picture, wanted) in zip(pictures, expected) {
        group.addTask {
          for _ in 0..<20 {
            #expect(throws: Never.self) {
              let psnr = try CUDADevice.psnr(runner.stylize(picture, statistics: nil), wanted)
              #expect(psnr >= 50)
            }
          }
        }
      }
    }
  }
}

enum CUDADevice {
  static var isHere: Bool { (try? TorchEngine.devices().contains(.cuda)) ?? false }

  /// Eight bits that look like nothing.
  static func picture(width: Int, height: Int, seed: UInt64) -> ImageBuffer {
    let values = SeededValues.uniform(count: width * height * 3, seed: seed)
    return ImageBuffer(width: width, height: height) { bytes in
      for (index, value) in values.enumerated() { bytes[index] = UInt8(value * 255) }
    }
  }

  /// Decibels; 100 where nothing differs.
  static func psnr(_ one: ImageBuffer, _ other: ImageBuffer) throws -> Double {
    let (a, b) = (one.bytes, other.bytes)
    try #require(a.count == b.count)
    let sum = zip(a, b).reduce(0.0) { $0 + Double((Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1))) }
    return sum == 0 ? 100 : 10 * log10(255 * 255 * Double(a.count) / sum)
  }
}
