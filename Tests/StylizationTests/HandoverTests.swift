import Foundation
import Imaging
import OpticalFlow
import StyleNetworks
import Testing

@testable import Stylization

/// What a painting takes over from what was shown before it.
@Suite struct HandoverTests {
  private static func plane(_ shape: Plane.Shape, _ value: (_ x: Int, _ y: Int, _ channel: Int) -> Float) -> Plane {
    Plane(shape) { values in
      for y in 0..<shape.height {
        for at in 0..<shape.width * shape.channels {
          (values + y * shape.stride + at).initialize(to: value(at / shape.channels, y, at % shape.channels))
        }
      }
    }
  }

  private static func black(width: Int, height: Int) -> Canvas {
    Canvas(ImageBuffer(width: width, height: height) { bytes in for index in bytes.indices { bytes[index] = 0 } })
  }

  /// What the stabiliser takes for the large areas of what lies before an even painting, by what it keeps of it where all stands still: all but a share of the
  /// areas. Luma, and blue's difference at half the size, of which every second pixel in either direction is asked for.
  private static func areas(
    width: Int, height: Int, of before: (_ x: Int, _ y: Int) -> Float
  ) -> (luma: (Int, Int) -> Float, blue: (Int, Int) -> Float) {
    var (painting, shown) = (black(width: width, height: height), black(width: width, height: height))
    painting.luma = plane(painting.luma.shape) { _, _, _ in 100 }
    shown.luma = plane(shown.luma.shape) { x, y, _ in 100 + before(x, y) }
    shown.chroma = plane(shown.chroma.shape) { x, y, channel in channel == 0 ? before(2 * x, 2 * y) : 0 }
    let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
    let motion = SceneMotion(
      width: columns, height: rows, flow: nil, moving: [], still: [Float](repeating: 1, count: columns * rows), left: nil)
    let result = Handover(painting, before: shown, moved: nil, motion: motion).canvas
    func area(_ one: Plane, _ two: Plane, _ x: Int, _ y: Int) -> Float {
      let at = y * one.shape.stride + x * one.shape.channels
      return (one.values[at] - two.values[at]) / StabilizationWeights.stillColour
    }
    return ({ area(shown.luma, result.luma, $0, $1) }, { area(shown.chroma, result.chroma, $0, $1) })
  }

  @Test func `areas give back what is even, and slopes within them`() {
    let (width, height) = (80, 50)
    let even = Self.areas(width: width, height: height) { _, _ in 7 }
    let slope = Self.areas(width: width, height: height) { x, _ in Float(x) }
    for y in 24..<26 {
      for x in 0..<width {
        // A little of nothing is counted in.
        #expect(even.luma(x, y) > 6.98 && even.luma(x, y) < 7, "\(even.luma(x, y))")
        #expect(even.blue(x / 2, y / 2) > 6.8 && even.blue(x / 2, y / 2) < 7, "\(even.blue(x / 2, y / 2))")
        // Far from the edges, whose cells have fewer beside them.
        guard 24..<56 ~= x else { continue }
        #expect(abs(slope.luma(x, y) * 7 / even.luma(x, y) - Float(x)) < 0.05, "\(slope.luma(x, y)) at \(x)")
        // Pixels of half the size lie half a pixel after the first of the two.
        let blue = slope.blue(x / 2, y / 2) * 7 / even.blue(x / 2, y / 2)
        #expect(abs(blue - Float(x / 2 * 2)) < 0.2, "\(blue) at \(x)")
      }
    }
  }

  @Test(arguments: [20.0, 24, 28, 32, 36, 40, 48, 64]) func `waves of any length keep their sign in areas`(_ period: Double) {
    func wave(_ x: Int) -> Float { Float(sin(2 * .pi * (Double(x) + 0.5) / period)) }
    for upright in [false, true] {
      let areas = Self.areas(width: upright ? 64 : 384, height: upright ? 384 : 64) { x, y in 50 * wave(upright ? y : x) }
      func common(_ area: (Int, Int) -> Float, step: Int) -> Float {
        let places = Swift.stride(from: 48, to: 336, by: step)
        let sum = places.map { area(upright ? 16 : $0 / step, upright ? $0 / step : 16) / 50 * wave($0) }.reduce(0, +)
        return sum / Float(288 / step)
      }
      let (luma, blue) = (common(areas.luma, step: 1), common(areas.blue, step: 2))
      #expect(luma > -0.01 && luma < 0.5, "\(luma)")
      #expect(blue > -0.02 && blue < 0.5, "\(blue)")
    }
  }

  @Test(arguments: [(40, 24), (33, 7), (300, 5)]) func `where nothing is taken over a painting stays as it is, bit by bit`(
    width: Int, height: Int
  ) {
    let values = SeededValues.uniform(count: width * height, seed: 3)
    var (painting, before) = (Self.black(width: width, height: height), Self.black(width: width, height: height))
    painting.luma = Self.plane(painting.luma.shape) { x, y, _ in values[y * width + x] * 255 }
    painting.chroma = Self.plane(painting.chroma.shape) { x, y, channel in
      let value = values[y * width + x] * 90
      return channel == 0 ? value : value - 40
    }
    before.luma = Self.plane(before.luma.shape) { _, _, _ in 9 }
    let count = painting.chroma.shape.width * painting.chroma.shape.height
    let motion = SceneMotion(
      width: painting.chroma.shape.width, height: painting.chroma.shape.height, flow: nil, moving: [],
      still: [Float](repeating: 0, count: count), left: nil)
    let result = Handover(painting, before: before, moved: nil, motion: motion).canvas
    #expect(result.luma.values == painting.luma.values && result.chroma.values == painting.chroma.values)
  }

  @Test func `what something has left has its own strokes and the level of what is held around it`() {
    let (width, height) = (192, 128)
    let noise = SeededValues.signed(count: width * height, seed: 5)
    // The painting has become darker and less blue since, most of all where something has been.
    func isFree(_ x: Int) -> Bool { 36..<156 ~= x }
    var (painting, before) = (Self.black(width: width, height: height), Self.black(width: width, height: height))
    painting.luma = Self.plane(painting.luma.shape) { x, y, _ in (isFree(x) ? 80 : 110) + 20 * Float(noise[y * width + x]) }
    before.luma = Self.plane(before.luma.shape) { _, _, _ in 140 }
    before.chroma = Self.plane(before.chroma.shape) { _, _, channel in channel == 0 ? 30 : 0 }
    let (columns, rows) = (width / 2, height / 2)
    let free = (0..<columns * rows).map { isFree($0 % columns * 2) }
    func shown(_ left: WhatIsLeft?) -> Canvas {
      let motion = SceneMotion(
        width: columns, height: rows, flow: nil, moving: [], still: free.map { $0 ? 0 : 1 }, left: left)
      return Handover(painting, before: before, moved: nil, motion: motion).canvas
    }
    // The source is six levels darker there, and as blue as elsewhere.
    let source = ImageBuffer(width: columns, height: rows) { bytes in
      for index in bytes.indices { bytes[index] = free[index / 3] ? 94 : 100 }
    }
    let pixels = free.indices.filter { free[$0] }.map { (pixel: $0, share: Float(1)) }
    let (new, plain) = (shown(WhatIsLeft(pixels, of: source, whereHeld: free.map { $0 ? 0 : 1 })), shown(nil))
    for y in 32..<96 {
      for x in 48..<144 {
        let at = y * new.luma.shape.stride + x
        #expect(plain.luma.values[at] == painting.luma.values[at])
        // The strokes' mean over an area is not quite nothing.
        #expect(abs(new.luma.values[at] - painting.luma.values[at] - 54) < 4, "\(new.luma.values[at]) at \(x), \(y)")
      }
      let at = y / 2 * new.chroma.shape.stride + 96
      #expect(plain.chroma.values[at] == 0 && plain.chroma.values[at + 1] == 0)
      #expect(abs(new.chroma.values[at] - 30) < 1 && abs(new.chroma.values[at + 1]) < 0.1)
    }
  }

  @Test func `what areas lack comes from the nearest that have it`() {
    let (columns, rows) = (13, 9)
    let lanes = SIMD8<Float>(0, 0, 0, 1, 1, 1, 0, 0)
    var sums = [SIMD8<Float>](repeating: .zero, count: columns * rows)
    sums[0] = SIMD8(1, 2, 3, 40, 80, 8, 5, 6)
    sums[columns * rows - 1] = SIMD8(0, 0, 0, 90, 0, 9, 0, 0)
    let result = spread(sums, columns: columns, rows: rows, lanes: lanes, share: 5)
    for (index, sum) in result.enumerated() {
      // A share of one besides; the other sums stay.
      #expect(abs(sum[5] - sums[index][5] - 1) < 1e-3)
      #expect(sum[0] == sums[index][0] && sum[2] == sums[index][2] && sum[7] == sums[index][7])
      #expect(sum[3] / sum[5] >= 5 - 1e-3 && sum[3] / sum[5] <= 10 + 1e-3 && sum[4] >= 0)
    }
    let (first, last) = (result[1][3], result[columns * rows - 2][3])
    #expect(abs(first - 5) < 1.5 && abs(last - 10) < 1.5, "\(first), \(last)")
    let nothing = [SIMD8<Float>](repeating: SIMD8(1, 1, 1, 0, 0, 0, 0, 0), count: columns * rows)
    #expect(spread(nothing, columns: columns, rows: rows, lanes: lanes, share: 5) == nothing)
  }

  @Test func `strokes that are led get the contrast that was painted, and stay within bounds`() throws {
    let (width, height) = (96, 64)
    // Of one strength everywhere, whichever rows are looked at.
    let noise = SeededValues.signed(count: width * height * 2, seed: 11).map { $0 < 0 ? -1 : 1 }
    var (painting, before) = (Self.black(width: width, height: height), Self.black(width: width, height: height))
    painting.luma = Self.plane(painting.luma.shape) { x, y, _ in 128 + 35 * Float(noise[y * width + x]) }
    before.luma = Self.plane(before.luma.shape) { x, y, _ in 90 + 26 * Float(noise[(height + y) * width + x]) }
    func chroma(_ contrast: Float, from start: Int) -> Plane {
      Self.plane(painting.chroma.shape) { x, y, channel in
        let index = start + y * width + 2 * x + channel
        return contrast * Float(noise[index])
      }
    }
    (painting.chroma, before.chroma) = (chroma(24, from: 0), chroma(18, from: width * height))
    let (columns, rows) = (width / 2, height / 2)
    let motion = SceneMotion(
      width: columns, height: rows,
      flow: try Flow(width: columns, height: rows, vectors: .init(repeating: .zero, count: columns * rows)),
      moving: [Float](repeating: 1, count: columns * rows), still: [Float](repeating: 0, count: columns * rows),
      left: nil)
    let result = Handover(painting, before: before, moved: before, motion: motion).canvas
    func deviation(_ plane: Plane) -> Float {
      let shape = plane.shape
      var (sum, square, count): (Float, Float, Float) = (0, 0, 0)
      for y in 16 / shape.channels..<48 / shape.channels {
        for value in plane.values[y * shape.stride + 16..<y * shape.stride + 80] {
          (sum, square, count) = (sum + value, square + value * value, count + 1)
        }
      }
      return (square / count - sum / count * (sum / count)).squareRoot()
    }
    /// How far two planes go together, -1…1.
    func common(_ a: Plane, _ b: Plane) -> Float {
      let count = Float(a.values.count)
      let (meanA, meanB) = (a.values.reduce(0, +) / count, b.values.reduce(0, +) / count)
      var (product, squareA, squareB): (Float, Float, Float) = (0, 0, 0)
      for (one, two) in zip(a.values, b.values) {
        let (x, y) = (one - meanA, two - meanB)
        (product, squareA, squareB) = (product + x * y, squareA + x * x, squareB + y * y)
      }
      return product / (squareA * squareB).squareRoot()
    }
    for (shown, painted, old) in [(result.luma, painting.luma, before.luma), (result.chroma, painting.chroma, before.chroma)] {
      // That of the painting.
      #expect(abs(deviation(shown) / deviation(painted) - 1) < 0.015, "\(deviation(shown)) of \(deviation(painted))")
      // Strokes are those of before.
      let (old, new) = (common(shown, old), common(shown, painted))
      #expect(old > 0.8 && abs(new) < 0.2, "\(old), \(new)")
    }
    #expect(result.luma.values.allSatisfy { 0...255 ~= $0 })
  }
}
