import Engine
import Imaging
import StyleNetworks
@testable import Stylization
import Synchronization
import Testing

@Suite struct StrokeSizeTests {
  static let growth: [(Int, Int, Double)] = [
    (1, 1, 1), (640, 480, 1), (1024, 1024, 1), (2048, 1365, 1.414), (1365, 2048, 1.414), (4096, 3000, 2), (12000, 9000, 2),
  ]

  @Test(arguments: growth)
  func `strokes grow with large pictures`(width: Int, height: Int, expected: Double) {
    #expect(abs(StrokeSize.auto.factor(width: width, height: height) - expected) < 0.001)
  }

  @Test func `clips keep their strokes up to high definition`() {
    #expect(StrokeSize.auto.factor(width: 1920, height: 1080, ofClip: true) == 1)
    #expect(StrokeSize.auto.factor(width: 2560, height: 1440, ofClip: true) == 1)
    #expect((1.2..<1.3).contains(StrokeSize.auto.factor(width: 3840, height: 2160, ofClip: true)))
  }

  static let sizes: [(Double, [Int])] = [
    (0.25, [400, 240]), (0.5, [200, 120]), (1, [100, 60]), (1.6, [63, 38]), (2, [50, 30]), (4, [25, 15]), (99, [25, 15]),
  ]

  @Test(arguments: sizes)
  func `the network sees the picture at one over the size`(times: Double, seen: [Int]) throws {
    for depth in [ImageBuffer.Depth.eight, .sixteen] {
      let network = Inverter()
      let image = ImageBuffer.flat(60, width: 100, height: 60, depth: depth)
      let result = try Stylizer(network: network, options: StylizationOptions(strokeSize: .times(times))).stylize(image)
      #expect(network.seen.withLock { $0 } == [seen])
      // What is flat stays so, by every filter on the way.
      #expect(result == .flat(~60, width: 100, height: 60, depth: depth))
    }
  }

  @Test(arguments: [(1, 1), (1, 9), (3, 200), (2, 2)]) func `narrow pictures have both sides`(width: Int, height: Int) throws {
    let image = ImageBuffer.flat(10, width: width, height: height)
    for times in [0.25, 4] {
      let result = try Stylizer(network: Inverter(), options: StylizationOptions(strokeSize: .times(times))).stylize(image)
      #expect((result.width, result.height) == (width, height))
    }
  }

  @Test func `auto is nothing at all for small pictures`() throws {
    let runner = try StylizerTests.runner(.original(widths: (4, 6, 8), blocks: 1))
    let image = StylizerTests.picture(width: 130, height: 90)
    let auto = try Stylizer(network: runner).stylize(image)
    #expect(try Stylizer(network: runner, options: StylizationOptions(strokeSize: .times(1))).stylize(image) == auto)
    #expect(try Stylizer(network: runner, options: StylizationOptions(strokeSize: .times(2))).stylize(image) != auto)
  }

  @Test func `large strokes go through tiles too`() throws {
    let runner = try StylizerTests.runner(.original(widths: (8, 12, 16), blocks: 2))
    let image = StylizerTests.picture(width: 411, height: 317)
    let options = { StylizationOptions(tiling: $0, strokeSize: .times(1.5)) }
    let whole = try Stylizer(network: runner, options: options(.off)).stylize(image)
    let tiled = try Stylizer(network: runner, options: options(.side(100))).stylize(image)
    // Tiles are equal to two levels, which sharpening may make a few of.
    #expect(zip(whole.bytes, tiled.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 6 })
  }

  @Test func `what is kept of the source is sharp`() throws {
    let image = StylizerTests.picture(width: 64, height: 48)
    let options = StylizationOptions(strength: 0, strokeSize: .times(4))
    #expect(try Stylizer(network: Inverter(), options: options).stylize(image) == image)
  }

  @Test func `strokes too small for memory are refused`() throws {
    let stylizer = Stylizer(network: Inverter(), options: StylizationOptions(strokeSize: .times(0.25)))
    #expect(throws: StylizationError.self) { try stylizer.stylize(.flat(0, width: 5000, height: 4000)) }
  }
}
