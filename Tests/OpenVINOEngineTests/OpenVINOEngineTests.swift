import Engine
import Foundation
import Imaging
import OpenVINOEngine
import StyleNetworks
import Synchronization
import Testing
import TorchEngine

/// OpenVINO against PyTorch's committed outputs, and against LibTorch where there are none.
@Suite(.serialized) struct OpenVINOEngineTests {
  static let architectures: [Architecture] = [
    .original(widths: (8, 12, 16), blocks: 2), .transformerNet(widths: (8, 12, 16), blocks: 2),
    .compact(widths: (8, 12), blocks: 2), .dense(widths: (8, 12), blocks: 2), shuffled, .identity,
  ]

  /// Unshuffling that no convolution follows at once, groups, and shuffling: what the families lack.
  static let shuffled = Architecture(
    family: "test", input: .unit,
    layers: [
      .unshuffle(factor: 2), .relu,
      .convolution(name: "a", input: 12, output: 12, kernel: 3, stride: 1, padding: 1, groups: 3),
      .instanceNorm(name: "b", channels: 12, epsilon: 1e-5), .sigmoid, .shuffle(factor: 2),
    ], output: .unit)

  static func picture(_ width: Int, _ height: Int, depth: ImageBuffer.Depth = .eight) -> ImageBuffer {
    let values = SeededValues.uniform(count: width * height * 3, seed: 9)
    return ImageBuffer(width: width, height: height, depth: depth) { bytes in
      for (index, value) in values.enumerated() {
        // Smooth rows with some noise, as photographs have.
        let wave = 0.5 + 0.4 * sin(Double(index / 3 % width) / 9) * cos(Double(index / 3 / width) / 7)
        let sample = min(1, max(0, 0.9 * wave + 0.1 * Double(value))) * Double(depth.maximum)
        if depth == .eight {
          bytes[index] = UInt8(sample)
        } else {
          bytes.storeBytes(of: UInt16(sample), toByteOffset: index * 2, as: UInt16.self)
        }
      }
    }
  }

  @Test(arguments: ["original", "transformer-net", "compact", "dense"], [1, 3]) func `outputs equal PyTorch's`(
    _ family: String, _ batch: Int
  ) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Goldens/networks.safetensors").path
    let file = try SafetensorsFile(contentsOf: path)
    let architecture: Architecture
    switch family {
    case "original": architecture = .original(widths: (12, 20, 28), blocks: 3)
    case "compact": architecture = .compact(widths: (12, 20), blocks: 3)
    case "dense": architecture = .dense(widths: (12, 20), blocks: 3)
    default: architecture = .transformerNet(widths: (12, 20, 28), blocks: 3)
    }
    let sizes = ["compact", "dense"].contains(family) ? [(36, 52), (256, 256)] : [(37, 53), (256, 256)]
    let runner = try OpenVINOEngine.prepare(
      StyleNetwork.random(architecture: architecture, seed: 7), options: EngineOptions(precision: .f32))
    for (height, width) in sizes {
      let name = "\(family).odd.\(height)x\(width).b\(batch)"
      let shape = try #require(file["\(name).shape"]).floats().map { Int($0) }
      let step = Int(try #require(file["\(name).step"]?.floats().first))
      let expected = try #require(file["\(name).values"]).floats()
      let values = SeededValues.uniform(count: batch * 3 * height * width, seed: SeededValues.hash(name))
      let output = try runner.forward(Batch(shape: [batch, 3, height, width], values: values))
      #expect(output.shape == shape)
      let sampled = stride(from: 0, to: output.values.count, by: step).map { output.values[$0] }
      #expect(sampled.count == expected.count)
      let worst = zip(sampled, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= 1e-3, "\(name): \(worst)")
    }
  }

  @Test(arguments: architectures) func `pictures equal LibTorch's`(_ architecture: Architecture) throws {
    let network = try architecture.family == "identity" ? .identity() : StyleNetwork.random(architecture: architecture, seed: 4)
    let options = EngineOptions(device: .cpu, precision: .f32)
    let one = try OpenVINOEngine.prepare(network, options: options)
    let other = try TorchEngine.prepare(network, options: options)
    for depth in [ImageBuffer.Depth.eight, .sixteen] {
      let picture = Self.picture(72, 40, depth: depth)
      try expectClose(one.stylize(picture, statistics: nil), other.stylize(picture, statistics: nil))
    }
  }

  @Test(arguments: architectures) func `statistics equal LibTorch's, and tiles use them`(_ architecture: Architecture) throws {
    guard architecture.normCount > 0 else { return }
    let network = try StyleNetwork.random(architecture: architecture, seed: 4)
    let options = EngineOptions(device: .cpu, precision: .f32)
    let one = try OpenVINOEngine.prepare(network, options: options)
    let other = try TorchEngine.prepare(network, options: options)
    let patches = [Self.picture(64, 48), Self.picture(64, 48).extracting(PixelRegion(x: 3, y: 5, width: 64, height: 48))]
    let expected = try other.statistics(of: patches, margin: 8)
    let found = try one.statistics(of: patches, margin: 8)
    #expect(found.layers.count == expected.layers.count)
    for (a, b) in zip(found.layers, expected.layers) {
      #expect(zip(a.mean, b.mean).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($1)) })
      #expect(zip(a.variance, b.variance).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($1)) })
    }
    for size in [(64, 48), (32, 40)] {
      let tile = Self.picture(size.0, size.1)
      try expectClose(one.stylize(tile, statistics: expected), other.stylize(tile, statistics: expected))
    }
  }

  @Test func `several pictures at once are the same pictures`() throws {
    let network = try StyleNetwork.random(architecture: .compact(widths: (8, 12), blocks: 2), seed: 4)
    let one = try OpenVINOEngine.prepare(network, options: EngineOptions(precision: .f32))
    let many = try OpenVINOEngine.prepare(network, options: EngineOptions(precision: .f32, threads: 3, goal: .throughput))
    #expect(one.concurrency == 1 && many.concurrency == 3)
    let pictures = (0..<12).map { Self.picture(64 + 4 * ($0 % 2), 48) }
    let painted = Mutex<[Int: ImageBuffer]>([:])
    DispatchQueue.concurrentPerform(iterations: pictures.count) { index in
      let picture = try? many.stylize(pictures[index], statistics: nil)
      painted.withLock { $0[index] = picture }
    }
    for (index, picture) in pictures.enumerated() {
      try expectClose(#require(painted.withLock { $0[index] }), one.stylize(picture, statistics: nil))
    }
  }

  @Test(.enabled(if: Processor.computesBF16, "this processor does not multiply in bf16, and OpenVINO computes in f32 on it"))
  func `bf16 stays close to f32`() throws {
    let network = try StyleNetwork.random(architecture: .transformerNet(widths: (12, 20, 28), blocks: 3), seed: 7)
    let input = Batch(shape: [1, 3, 64, 96], values: SeededValues.uniform(count: 3 * 64 * 96, seed: 5))
    let exact = try OpenVINOEngine.prepare(network, options: EngineOptions(precision: .f32)).forward(input)
    let half = try OpenVINOEngine.prepare(network, options: EngineOptions(precision: .bf16)).forward(input)
    let error = zip(exact.values, half.values).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) } / Double(exact.values.count)
    #expect(error > 0, "bf16 was not used")
    #expect(10 * log10(1 / max(error, 1e-12)) >= 35, "PSNR \(10 * log10(1 / error)) dB")
  }

  @Test func `a GPU is refused with a sentence`() throws {
    #expect(throws: EngineError.self) {
      try OpenVINOEngine.prepare(StyleNetwork.identity(), options: EngineOptions(device: .cuda))
    }
  }

  /// Equal but for rounding: at most one step apart in 8 bits, 1e-3 of the range in 16.
  private func expectClose(_ one: ImageBuffer, _ other: ImageBuffer) throws {
    #expect(one.width == other.width && one.height == other.height && one.depth == other.depth)
    let allowed = one.depth == .eight ? 1 : 66
    func samples(_ image: ImageBuffer) -> [Int] {
      image.withUnsafeBytes { bytes in
        image.depth == .eight ? bytes.map { Int($0) } : bytes.bindMemory(to: UInt16.self).map { Int($0) }
      }
    }
    let worst = zip(samples(one), samples(other)).map { abs($0 - $1) }.max() ?? .max
    #expect(worst <= allowed, "\(worst)")
    #expect(Set(samples(one)).count > 8, "the picture is flat")
  }
}
