import Engine
import Imaging
import StyleNetworks
@testable import Stylization
import Testing
import TorchEngine

@Suite(.serialized) struct StylizerTests {
  static func runner(_ architecture: Architecture) throws -> any NetworkRunner {
    try TorchEngine.prepare(try StyleNetwork.random(architecture: architecture, seed: 4), options: EngineOptions(device: .cpu))
  }

  /// Waves with noise: something to see at every scale.
  static func picture(width: Int, height: Int, period: Int = 160) -> ImageBuffer {
    let noise = SeededValues.uniform(count: width * height * 3, seed: 9)
    return ImageBuffer(width: width, height: height) { bytes in
      for index in 0..<(width * height * 3) {
        let x = index / 3 % width
        let y = index / 3 / width
        let wave = (x * (index % 3 + 1) / 3 + y / 2) % period
        bytes[index] = UInt8(min(255, wave + Int(noise[index] * 90)))
      }
    }
  }

  @Test(arguments: [(1, 1), (1, 7), (2, 3), (3, 200), (17, 33), (64, 64), (101, 50)])
  func `the result has the picture's size`(width: Int, height: Int) throws {
    for architecture in [Architecture.original(widths: (4, 6, 8), blocks: 1), .transformerNet(widths: (4, 6, 8), blocks: 1)] {
      let image = Self.picture(width: width, height: height)
      let styled = try Stylizer(network: Self.runner(architecture)).stylize(image)
      #expect((styled.width, styled.height) == (width, height))
      #expect(styled.bytes.count == width * height * 3)
    }
  }

  @Test(arguments: [64, 100, 128, 300]) func `tiles leave no seam`(side: Int) throws {
    for architecture in [Architecture.original(widths: (8, 12, 16), blocks: 5), .transformerNet(widths: (8, 12, 16), blocks: 5)] {
      let runner = try Self.runner(architecture)
      let image = Self.picture(width: 411, height: 317)
      let whole = try Stylizer(network: runner, options: StylizationOptions(tiling: .off)).stylize(image)
      let tiled = try Stylizer(network: runner, options: StylizationOptions(tiling: .side(side))).stylize(image)
      let worst = zip(whole.bytes, tiled.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 255
      #expect(worst <= 2, "\(architecture.family): \(worst)")
    }
  }

  @Test func `strength mixes with the source`() throws {
    let runner = try Self.runner(.original(widths: (4, 6, 8), blocks: 1))
    let image = Self.picture(width: 32, height: 24)
    let full = try Stylizer(network: runner).stylize(image)
    #expect(try Stylizer(network: runner, options: StylizationOptions(strength: 0)).stylize(image) == image)
    let half = try Stylizer(network: runner, options: StylizationOptions(strength: 0.5)).stylize(image)
    for index in image.bytes.indices {
      #expect(abs(Int(half.bytes[index]) * 2 - Int(full.bytes[index]) - Int(image.bytes[index])) <= 1)
    }
  }

  @Test func `the source's chroma is kept`() throws {
    let runner = try Self.runner(.original(widths: (4, 6, 8), blocks: 1))
    let image = Self.picture(width: 32, height: 24)
    let full = try Stylizer(network: runner).stylize(image)
    let kept = try Stylizer(network: runner, options: StylizationOptions(preserveColor: true)).stylize(image)
    func luma(_ image: ImageBuffer, _ pixel: Int) -> Double {
      0.299 * Double(image.bytes[pixel * 3]) + 0.587 * Double(image.bytes[pixel * 3 + 1]) + 0.114
        * Double(image.bytes[pixel * 3 + 2])
    }
    var compared = 0
    for pixel in 0..<image.pixels {
      let channels = kept.bytes[pixel * 3..<pixel * 3 + 3]
      // Where a channel was cut off at black or white the sums cannot hold.
      guard channels.allSatisfy({ $0 > 0 && $0 < 255 }) else { continue }
      compared += 1
      #expect(abs(luma(kept, pixel) - luma(full, pixel)) <= 1)
      for channel in 0..<3 {
        let difference = { (image: ImageBuffer) in Double(image.bytes[pixel * 3 + channel]) - luma(image, pixel) }
        #expect(abs(difference(kept) - difference(image)) <= 1.1)
      }
    }
    #expect(compared > 100)
  }

  @Test func `work can be stopped between tiles`() throws {
    struct Stop: Error {}
    let stylizer = Stylizer(
      network: try Self.runner(.original(widths: (4, 6, 8), blocks: 1)), options: StylizationOptions(tiling: .side(32)))
    #expect(throws: Stop.self) {
      try stylizer.stylize(Self.picture(width: 200, height: 100)) { if $0 > 0.2 { throw Stop() } }
    }
  }

  @Test func `memory decides between whole and tiles`() throws {
    let image = Self.picture(width: 400, height: 300)
    var stylizer = Stylizer(network: try Self.runner(.original(widths: (4, 6, 8), blocks: 1)))
    #expect(stylizer.tileSide(for: image, stylizer.memory.now) == nil)
    stylizer.memory = SharedBudget(MemoryBudget(whole: 1_000_000, tiles: 2_000_000))
    let side = try #require(stylizer.tileSide(for: image, stylizer.memory.now))
    #expect((8..<300).contains(side))
  }

  @Test func `statistics of samples are close to those of the whole`() throws {
    let image = Self.picture(width: 1400, height: 1100, period: 50)
    let runner = try Self.runner(.original(widths: (4, 6, 8), blocks: 1))
    let size = StrokeSize.times(1)
    let whole = try Stylizer(network: runner, options: StylizationOptions(tiling: .off, strokeSize: size)).stylize(image)
    var stylizer = Stylizer(network: runner, options: StylizationOptions(strokeSize: size))
    let perPixel = runner.architecture.peakBytesPerPixel * 8 / 5
    stylizer.memory = SharedBudget(MemoryBudget(whole: perPixel * 600_000, tiles: perPixel * 600_000))
    let tiled = try stylizer.stylize(image)
    #expect(tiled != whole, "the samples' path was not taken")
    let mean = zip(whole.bytes, tiled.bytes).reduce(0.0) { $0 + Double(abs(Int($1.0) - Int($1.1))) } / Double(whole.bytes.count)
    #expect(mean < 2, "\(mean)")
  }
}
