import Foundation
import Imaging
import OpticalFlow
import StyleNetworks
import Testing

@testable import Stylization

/// How the finest strokes keep their energy while they are led.
@Suite struct FinestStrokesTests {
  private static let size = (width: 192, height: 64)
  private static let half = (width: size.width / 2, height: size.height / 2)

  /// Luma that is given a pixel at a time, without colours.
  private static func canvas(_ luma: (_ x: Int, _ y: Int) -> Float) -> Canvas {
    var canvas = Canvas(
      ImageBuffer(width: size.width, height: size.height) { bytes in for index in bytes.indices { bytes[index] = 128 } })
    canvas.luma = Plane(canvas.luma.shape) { values in
      for index in 0..<size.width * size.height {
        (values + index).initialize(to: luma(index % size.width, index / size.width))
      }
    }
    return canvas
  }

  /// What moves by a vector in pixels of half the size, everywhere led alike.
  private static func motion(_ vector: SIMD2<Float>, led: Float, left: WhatIsLeft? = nil) throws -> SceneMotion {
    let count = half.width * half.height
    return SceneMotion(
      width: half.width, height: half.height,
      flow: try Flow(width: half.width, height: half.height, vectors: [SIMD2<Float>](repeating: vector, count: count)),
      moving: [Float](repeating: led, count: count), still: [Float](repeating: 0, count: count), left: left)
  }

  /// Moves waves along their rows, and tells how strong they are afterwards.
  private static func amplitude(_ period: Double, by way: Float, sharpening: Float) throws -> Float {
    let waves = canvas { x, _ in 128 + 40 * Float(sin(2 * .pi * (Double(x) + 0.5) / period)) }
    let motion = try motion(SIMD2(way, 0), led: 1)
    let flow = try #require(motion.flow)
    let moved = waves.moved(along: flow, where: motion.moving, by: StrokeKernel(sharpening: sharpening))
    var (real, imaginary) = (0.0, 0.0)
    for x in 48..<144 {
      let (value, angle) = (Double(moved.luma.values[32 * size.width + x]), 2 * .pi * Double(x) / period)
      (real, imaginary) = (real + value * cos(angle), imaginary + value * sin(angle))
    }
    return Float((real * real + imaginary * imaginary).squareRoot() / 48)
  }

  @Test(arguments: [4.0, 8, 16, 32]) func `a move by half a pixel strengthens short waves, and long ones less`(_ period: Double)
    throws
  {
    // A flow of a quarter at half the size is half a pixel.
    let (plain, sharp) = (
      try Self.amplitude(period, by: 0.25, sharpening: 0), try Self.amplitude(period, by: 0.25, sharpening: 0.1)
    )
    let expected = 1 + 2 * 0.1 * (1 - cos(2 * .pi / period))
    #expect(abs(Double(sharp / plain) - expected) < 0.01, "\(sharp) of \(plain)")
    // Half as much for a quarter of a pixel, and nothing for a whole one.
    let quarter = try Self.amplitude(period, by: 0.125, sharpening: 0.1) / Self.amplitude(period, by: 0.125, sharpening: 0)
    #expect(abs(Double(quarter) - (1 + expected) / 2) < 0.01, "\(quarter)")
    #expect(try Self.amplitude(period, by: 0.5, sharpening: 0.1) == Self.amplitude(period, by: 0.5, sharpening: 0))
  }

  @Test func `what is even stays as it is`() throws {
    let motion = try Self.motion(SIMD2(0.2, 0.3), led: 1)
    let flow = try #require(motion.flow)
    let moved = Self.canvas { _, _ in 200 }.moved(along: flow, where: motion.moving, by: StrokeKernel(sharpening: 0.04))
    #expect(moved.luma.values.allSatisfy { abs($0 - 200) < 0.01 })
  }

  @Test(arguments: [false, true]) func `their energy is that of second differences in every third row, where any are led`(
    _ something: Bool
  ) throws {
    let noise = SeededValues.signed(count: 2 * Self.size.width * Self.size.height, seed: 3)
    let painting = Self.canvas { x, y in 128 + 40 * Float(noise[y * Self.size.width + x]) }
    let before = Self.canvas { x, y in 120 + 30 * Float(noise[(Self.size.height + y) * Self.size.width + x]) }
    let source = ImageBuffer(width: Self.half.width, height: Self.half.height) { bytes in
      for index in bytes.indices { bytes[index] = 90 }
    }
    // Something that has passed left a pixel, which is another way through the same.
    let held = (0..<Self.half.width * Self.half.height).map { $0 == 0 ? Float(0) : 1 }
    let left = something ? WhatIsLeft([(0, 1)], of: source, whereHeld: held) : nil
    #expect((left != nil) == something)
    let motion = try Self.motion(.zero, led: 0.5, left: left)
    let handed = Handover(painting, before: before, moved: before, motion: motion)
    func energy(_ plane: Plane) -> Float {
      var sum = 0.0
      for y in Swift.stride(from: 0, to: Self.size.height, by: 3) {
        // Six of eight neighbours have two more after them among these.
        for x in 0..<Self.size.width where x % 8 < 6 {
          let at = y * plane.shape.stride + x
          let bend = Double(plane.values[at] - 2 * plane.values[at + 1] + plane.values[at + 2])
          sum += 0.5 * bend * bend
        }
      }
      return Float(sum)
    }
    let (painted, shown) = (energy(painting.luma), energy(handed.canvas.luma))
    #expect(abs(handed.finest.painted / painted - 1) < 1e-3 && abs(handed.finest.shown / shown - 1) < 1e-3)
    let still = Handover(painting, before: before, moved: nil, motion: motion).finest
    #expect(still.painted == 0 && still.shown == 0)
  }

  @Test func `what they lack is asked for, within bounds, and earlier frames count less`() {
    func asked(_ kept: Float) -> Float { FinestStrokes(painted: 2, shown: 2 * kept).sharpening }
    let bounds = StabilizationWeights.sharpening.bounds
    #expect(asked(1) > asked(1.05) && asked(1.05) > bounds.lowerBound)
    #expect(asked(0) == bounds.upperBound && asked(2) == bounds.lowerBound && FinestStrokes().sharpening == asked(1))
    let sum = FinestStrokes(painted: 10, shown: 5).after(FinestStrokes(painted: 20, shown: 30))
    let memory = StabilizationWeights.sharpening.memory
    #expect(sum.painted == 10 + memory * 20 && sum.shown == 5 + memory * 30 && 0..<1 ~= memory)
  }

  @Test func `strokes that mixing softens become as fine as they were painted`() throws {
    let stabilizer = Stabilizer()
    // Coarse strokes, which stay and have nearly all of the contrast, and fine ones that are others each time: nine tenths are led, the rest is mixed in.
    func painting(_ frame: Int) -> ImageBuffer {
      let noise = SeededValues.signed(count: Self.size.width * Self.size.height, seed: UInt64(frame))
      return ImageBuffer(width: Self.size.width, height: Self.size.height) { bytes in
        for index in bytes.indices {
          let (x, y) = (index / 3 % Self.size.width, index / 3 / Self.size.width)
          bytes[index] = UInt8(128 + 80 * sin(Double(x) / 5) * sin(Double(y) / 5) + 6 * noise[index / 3])
        }
      }
    }
    var (painted, shown) = (0.0, 0.0)
    for frame in 0..<48 {
      let picture = painting(frame)
      let steadied = stabilizer.next(picture, motion: try Self.motion(SIMD2(0.2, 0), led: 0.9))
      guard frame >= 24 else { continue }
      (painted, shown) = (
        painted + StabilizerTests.roughness(StabilizerTests.kept(picture)), shown + StabilizerTests.roughness(steadied)
      )
    }
    #expect(shown > 0.9 * painted && shown < 1.2 * painted, "\(shown) of \(painted)")
  }
}
