import Foundation
import Imaging
import OpticalFlow
import StyleNetworks
import Testing

@testable import Stylization

/// How strokes are led on, and when they are painted anew.
@Suite struct StrokeTests {
  private static let size = (width: 96, height: 64)

  private static func flow(_ vector: (Int, Int) -> SIMD2<Float>) throws -> Flow {
    let vectors = (0..<size.width * size.height).map { vector($0 % size.width, $0 / size.width) }
    return try Flow(width: size.width, height: size.height, vectors: vectors)
  }

  private static func all(_ value: Float) -> [Float] { [Float](repeating: value, count: size.width * size.height) }

  /// A wave of so many pixels along the rows, around 128.
  private static func wave(_ period: Double, width: Int, height: Int) -> ImageBuffer {
    ImageBuffer(width: width, height: height, depth: .sixteen) { bytes in
      let samples = bytes.bindMemory(to: UInt16.self)
      for index in 0..<width * height * 3 {
        samples[index] = UInt16((128 + 100 * sin(2 * .pi * Double(index / 3 % width) / period)) * 257)
      }
    }
  }

  @Test(arguments: [4.0, 5, 8, 16]) func `thirty moves by parts of a pixel leave waves as they were`(_ period: Double) throws {
    let kernel = StrokeKernel()
    let (width, height) = (192, 32)
    var canvas = Canvas(Self.wave(period, width: width, height: height))
    let vectors = [SIMD2<Float>](repeating: SIMD2(0.11, 0.07), count: width / 2 * height / 2)
    let flow = try Flow(width: width / 2, height: height / 2, vectors: vectors)
    let led = [Float](repeating: 1, count: vectors.count)
    for _ in 0..<30 { canvas.pixels = canvas.moved(along: flow, where: led, by: kernel) }
    // The flow is in pixels of half the size: 30 moves of 0.22 pixels.
    for x in 32..<width - 32 {
      let expected = 128 + 100 * sin(2 * .pi * (Double(x) + 6.6) / period)
      #expect(abs(Double(canvas.pixels[16 * width + x].y) - expected) < 12, "\(x)")
    }
  }

  @Test func `whole pixels are moved as they are, and the edge goes on outside`() throws {
    let (width, height) = (64, 48)
    let canvas = Canvas(StabilizerTests.scene(width: width, height: height))
    let flow = try Flow(
      width: width / 2, height: height / 2, vectors: [SIMD2<Float>](repeating: SIMD2(2, -1), count: width * height / 4))
    let moved = canvas.moved(along: flow, where: [Float](repeating: 1, count: width * height / 4), by: StrokeKernel())
    for y in 0..<height {
      for x in 0..<width {
        let from = canvas.pixels[max(0, y - 2) * width + min(width - 1, x + 4)]
        let difference = moved[y * width + x] - from
        #expect((difference * difference).sum() < 1e-3)
      }
    }
  }

  @Test func `strokes that are stretched are painted anew`() throws {
    var wear = StrokeWear(width: Self.size.width, height: Self.size.height)
    // The right half is drawn apart by a twelfth in each frame.
    let flow = try Self.flow { x, _ in SIMD2(x < 48 ? 0 : -Float(x - 48) / 12, 0) }
    var least: Float = 1
    for _ in 0..<14 {
      let kept = wear.next(flow, trust: Self.all(1))
      #expect(kept.allSatisfy { 0...1 ~= $0 })
      least = min(least, kept[32 * Self.size.width + 80])
    }
    #expect(least < 0.5)
  }

  @Test func `all strokes are painted anew in time, but not at once, and sooner beside what breaks`() throws {
    let still = try Self.flow { _, _ in .zero }
    var wear = StrokeWear(width: 96, height: 64)
    var breaking = StrokeWear(width: 96, height: 64)
    // A column where nothing can be trusted, and what is more than 20 pixels away from it.
    let trust = (0..<96 * 64).map { Float(38...42 ~= $0 % 96 ? 0 : 1) }
    var times = (all: [Int](repeating: 0, count: 96 * 64), near: 0)
    for _ in 0..<Int(StabilizationWeights.Strokes.longest) + 5 {
      let led = wear.next(still, trust: Self.all(1))
      let now = led.indices.filter { led[$0] < 0.7 }
      #expect(now.count < led.count / 3)
      for pixel in now { times.all[pixel] += 1 }
      if breaking.next(still, trust: trust)[32 * 96 + 45] < 0.7 { times.near += 1 }
    }
    #expect(times.all.count { $0 > 0 } > times.all.count * 49 / 50)
    #expect(times.all.allSatisfy { $0 <= 2 } && times.near >= 6, "\(times.near), \(times.all.max() ?? 0)")
  }

  /// What the stabiliser takes for the large areas of what lies before an even painting, by what it keeps of it where all stands still: all but a share of the
  /// areas.
  private static func areas(width: Int, height: Int, of before: (_ x: Int, _ y: Int) -> SIMD3<Float>) -> [SIMD4<Float>] {
    var (painting, shown) = (Canvas(ImageBuffer(width: width, height: height) { _ in }), [SIMD4<Float>]())
    for y in 0..<height {
      for x in 0..<width {
        painting.pixels[y * width + x] = SIMD4(100, 100, 100, 0)
        shown.append(SIMD4(100 + before(x, y), 0))
      }
    }
    let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
    let motion = SceneMotion(
      width: columns, height: rows, flow: nil, moving: [], still: [Float](repeating: 1, count: columns * rows))
    let result = Handover(painting, before: shown, moved: nil, motion: motion).canvas
    return zip(shown, result.pixels).map { ($0 - $1) / StabilizationWeights.stillColour }
  }

  @Test func `areas give back what is even, and slopes within them`() {
    let areas = Self.areas(width: 80, height: 50) { x, y in SIMD3(7, Float(x), Float(y)) }
    for y in 24..<26 {
      for x in 0..<80 {
        let area = areas[y * 80 + x]
        // A little of nothing is counted in, one pixel to at least 768 and at most 1,024.
        #expect(area.x > 6.9905 && area.x < 6.9936, "\(area.x)")
        // Far from the edges, whose cells have fewer beside them. Every second pixel is looked at: the first of two.
        if 24..<56 ~= x { #expect(abs(area.y * 1025 / 1024 - (Float(x) - 0.5)) < 0.01, "\(area.y) at \(x)") }
      }
    }
  }

  @Test(arguments: [20.0, 24, 28, 32, 36, 40, 48, 64]) func `waves of any length keep their sign in areas`(_ period: Double) {
    func wave(_ x: Int) -> Float { Float(sin(2 * .pi * (Double(x) + 0.5) / period)) }
    let areas = Self.areas(width: 384, height: 32) { x, _ in SIMD3(repeating: 50 * wave(x)) }
    let common = (48..<336).map { areas[16 * 384 + $0].x / 50 * wave($0) }.reduce(0, +) / 288
    #expect(common > -0.01 && common < 0.5, "\(common)")
  }

  @Test func `where nothing is taken over a painting stays as it is, bit by bit`() {
    let values = SeededValues.uniform(count: 40 * 24, seed: 3).map { SIMD4($0 * 255, 255 - $0 * 255, 7, 0) }
    var painting = Canvas(ImageBuffer(width: 40, height: 24) { _ in })
    painting.pixels = values
    let motion = SceneMotion(width: 20, height: 12, flow: nil, moving: [], still: [Float](repeating: 0, count: 240))
    let before = [SIMD4<Float>](repeating: SIMD4(9, 9, 9, 0), count: 960)
    #expect(Handover(painting, before: before, moved: nil, motion: motion).canvas.pixels == values)
  }
}
