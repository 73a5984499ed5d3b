import Engine
import Imaging
import StyleNetworks
import Testing
import TorchEngine

@Suite(.serialized) struct RunnerTests {
  static func noise(width: Int, height: Int, depth: ImageBuffer.Depth = .eight) -> ImageBuffer {
    let values = SeededValues.uniform(count: width * height * 3, seed: 3)
    return ImageBuffer(width: width, height: height, depth: depth) { bytes in
      for (index, value) in values.enumerated() {
        if depth == .eight {
          bytes[index] = UInt8(value * 255)
        } else {
          bytes.storeBytes(of: UInt16(value * 65535), toByteOffset: index * 2, as: UInt16.self)
        }
      }
    }
  }

  @Test(arguments: [ImageBuffer.Depth.eight, .sixteen]) func `an identity network gives every bit back`(depth: ImageBuffer.Depth)
    throws
  {
    let runner = try TorchEngine.prepare(try StyleNetwork.identity(), options: EngineOptions(device: .cpu))
    let image = Self.noise(width: 31, height: 17, depth: depth)
    #expect(try runner.stylize(image, statistics: nil) == image)
  }

  @Test func `a picture goes the same way as its numbers`() throws {
    let architecture = Architecture.original(widths: (4, 6, 8), blocks: 2)
    let runner = try TorchEngine.prepare(
      try StyleNetwork.random(architecture: architecture, seed: 2), options: EngineOptions(device: .cpu))
    let image = Self.noise(width: 24, height: 16)
    let planes = (0..<3).flatMap { channel in
      stride(from: channel, to: image.bytes.count, by: 3).map { Float(image.bytes[$0]) / 255 }
    }
    let numbers = try runner.forward(Batch(shape: [1, 3, 16, 24], values: planes)).values
    let picture = try runner.stylize(image, statistics: nil)
    for index in 0..<(24 * 16) {
      for channel in 0..<3 {
        let expected = min(max(numbers[channel * 24 * 16 + index], 0), 1) * 255
        #expect(abs(Float(picture.bytes[index * 3 + channel]) - expected) <= 0.51)
      }
    }
  }

  @Test func `a picture's own statistics, given, change nothing`() throws {
    let architecture = Architecture.transformerNet(widths: (4, 6, 8), blocks: 2)
    let runner = try TorchEngine.prepare(
      try StyleNetwork.random(architecture: architecture, seed: 2), options: EngineOptions(device: .cpu))
    let image = Self.noise(width: 40, height: 32)
    let statistics = try runner.statistics(of: [image], margin: 0)
    #expect(statistics.layers.count == architecture.normCount)
    let own = try runner.stylize(image, statistics: nil)
    let given = try runner.stylize(image, statistics: statistics)
    #expect(zip(own.bytes, given.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    let others = try runner.statistics(of: [Self.noise(width: 16, height: 16)], margin: 0)
    #expect(try runner.stylize(image, statistics: others) != own)
  }

  @Test func `a device that is not there is refused`() throws {
    let missing = EngineOptions.Device.allCases.filter { $0 != .auto }.filter { device in
      (try? TorchEngine.devices().contains(device)) == false
    }
    try #require(!missing.isEmpty)
    for device in missing {
      #expect(throws: EngineError.noDevice(device.rawValue)) {
        try TorchEngine.prepare(try StyleNetwork.identity(), options: EngineOptions(device: device))
      }
    }
  }

  @Test func `statistics of too few layers are refused`() throws {
    let runner = try TorchEngine.prepare(
      try StyleNetwork.random(architecture: .original(widths: (4, 6, 8), blocks: 1), seed: 2),
      options: EngineOptions(device: .cpu))
    #expect(throws: EngineError.self) {
      try runner.stylize(Self.noise(width: 16, height: 16), statistics: NormStatistics(layers: []))
    }
  }
}
