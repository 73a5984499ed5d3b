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

  @Test(arguments: [3.0, 4, 5, 8, 16]) func `thirty moves by parts of a pixel leave waves as they were`(_ period: Double) throws {
    let kernel = StrokeKernel()
    let (width, height) = (192, 32)
    var canvas = Canvas(Self.wave(period, width: width, height: height))
    let vectors = [SIMD2<Float>](repeating: SIMD2(0.11, 0.07), count: width / 2 * height / 2)
    let flow = try Flow(width: width / 2, height: height / 2, vectors: vectors)
    let led = [Float](repeating: 1, count: vectors.count)
    for _ in 0..<30 { canvas = canvas.moved(along: flow, where: led, by: kernel) }
    // The flow is in pixels of half the size: 30 moves of 0.22 pixels.
    for x in 32..<width - 32 {
      let expected = 128 + 100 * sin(2 * .pi * (Double(x) + 6.6) / period)
      #expect(abs(Double(canvas.luma.values[16 * canvas.luma.shape.stride + x]) - expected) < 12, "\(x)")
    }
  }

  @Test func `whole pixels are moved as they are, and the edge goes on outside`() throws {
    let (width, height) = (64, 48)
    let canvas = Canvas(StabilizerTests.scene(width: width, height: height))
    let flow = try Flow(
      width: width / 2, height: height / 2, vectors: [SIMD2<Float>](repeating: SIMD2(2, -1), count: width * height / 4))
    let moved = canvas.moved(along: flow, where: [Float](repeating: 1, count: width * height / 4), by: StrokeKernel())
    for (before, after) in [(canvas.luma, moved.luma), (canvas.chroma, moved.chroma)] {
      let shape = before.shape
      // The flow is in pixels of half the size, which chroma has.
      let (right, up) = shape.channels == 1 ? (4, 2) : (2, 1)
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          for channel in 0..<shape.channels {
            let from = max(0, y - up) * shape.stride + min(shape.width - 1, x + right) * shape.channels + channel
            #expect(abs(after.values[y * shape.stride + x * shape.channels + channel] - before.values[from]) < 0.02)
          }
        }
        for pad in shape.width * shape.channels..<shape.stride { #expect(after.values[y * shape.stride + pad] == 0) }
      }
    }
  }

  @Test(arguments: [(1, 1), (3, 2), (37, 21), (150, 9), (257, 5)]) func `planes of any size are read as their definition says`(
    width: Int, height: Int
  ) throws {
    let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
    let noise = SeededValues.signed(count: width * height * 3 + columns * rows * 3, seed: 7)
    let picture = ImageBuffer(width: width, height: height) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(128 + 120 * noise[index]) }
    }
    let canvas = Canvas(picture)
    let rest = noise[(width * height * 3)...].map { Float($0) }
    let vectors = (0..<columns * rows).map { SIMD2(rest[$0 * 3], rest[$0 * 3 + 1]) * 3 }
    // A third is not led at all.
    let led = (0..<columns * rows).map { max(0, rest[$0 * 3 + 2] + 0.3) }
    let moved = canvas.moved(along: try Flow(width: columns, height: rows, vectors: vectors), where: led, by: StrokeKernel())

    func weight(_ place: Double, _ taps: Int) -> Double {
      let share = place / Double(taps / 2)
      guard abs(share) < 1 else { return 0 }
      func bessel(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for order in 1..<40 {
          term *= x * x / Double(4 * order * order)
          sum += term
        }
        return sum
      }
      return (place == 0 ? 1 : sin(.pi * place) / (.pi * place)) * bessel(5 * (1 - share * share).squareRoot())
    }
    func read(_ plane: Plane, _ channel: Int, _ x: Double, _ y: Double) -> Double {
      let (x, y) = (max(0, min(Double(plane.shape.width - 1), x)), max(0, min(Double(plane.shape.height - 1), y)))
      // Places are told apart to a 128th.
      let (right, down) = (((x - x.rounded(.down)) * 128).rounded() / 128, ((y - y.rounded(.down)) * 128).rounded() / 128)
      var (sum, weights) = (0.0, 0.0)
      // Luma is read from twelve by twelve pixels, chroma from eight by eight.
      let taps = plane.shape.channels == 1 ? 12 : 8
      for row in 1 - taps / 2...taps / 2 {
        for column in 1 - taps / 2...taps / 2 {
          let share = weight(Double(column) - right, taps) * weight(Double(row) - down, taps)
          let from = (
            max(0, min(plane.shape.height - 1, Int(y) + row)), max(0, min(plane.shape.width - 1, Int(x) + column))
          )
          sum += share * Double(plane.values[from.0 * plane.shape.stride + from.1 * plane.shape.channels + channel])
          weights += share
        }
      }
      return sum / weights
    }
    func between(_ values: (Int) -> Double, _ x: Int, _ y: Int) -> Double {
      let (across, down) = (Interpolation(x, of: 2, within: columns), Interpolation(y, of: 2, within: rows))
      func row(_ row: Int) -> Double {
        let (left, right) = (values(row * columns + across.first), values(row * columns + across.second))
        return left + (right - left) * Double(across.share)
      }
      return row(down.first) * Double(1 - down.share) + row(down.second) * Double(down.share)
    }
    var (most, off) = (0.0, 0)
    for y in 0..<height {
      for x in 0..<width {
        let place = (
          Double(x) + 2 * between({ Double(vectors[$0].x) }, x, y), Double(y) + 2 * between({ Double(vectors[$0].y) }, x, y)
        )
        let expected = between({ Double(led[$0]) }, x, y) > 1e-6 ? read(canvas.luma, 0, place.0, place.1) : 0
        let difference = abs(Double(moved.luma.values[y * moved.luma.shape.stride + x]) - expected)
        // Half-way between two places either is right.
        if difference > 0.05 { off += 1 }
        most = max(most, difference)
      }
    }
    #expect(most < 3 && off <= width * height / 20, "\(most), \(off)")
    (most, off) = (0, 0)
    for y in 0..<rows {
      for x in 0..<columns {
        for channel in 0..<2 {
          let vector = vectors[y * columns + x]
          let expected =
            led[y * columns + x] > 0 ? read(canvas.chroma, channel, Double(Float(x) + vector.x), Double(Float(y) + vector.y)) : 0
          let difference = abs(Double(moved.chroma.values[y * moved.chroma.shape.stride + 2 * x + channel]) - expected)
          if difference > 0.05 { off += 1 }
          most = max(most, difference)
        }
      }
    }
    #expect(most < 3 && off <= columns * rows / 10, "\(most), \(off)")
  }

  @Test func `a smoothed flow has the means of nine, of fewer at edges, for both directions`() throws {
    let flow = try Self.flow { x, y in SIMD2(Float((x * 7 + y * 3) % 11), Float((x * 5 + y * 13) % 17)) }
    let smooth = try flow.smoothed(radius: 1)
    for (x, y) in [(0, 0), (Self.size.width - 1, 17), (40, Self.size.height - 1), (31, 20)] {
      var (sum, count) = (SIMD2<Float>.zero, Float(0))
      for row in max(0, y - 1)...min(Self.size.height - 1, y + 1) {
        for column in max(0, x - 1)...min(Self.size.width - 1, x + 1) {
          sum += flow.vectors[row * Self.size.width + column]
          count += 1
        }
      }
      let difference = smooth.vectors[y * Self.size.width + x] - sum / count
      #expect((difference * difference).sum() < 1e-8)
    }
  }

  @Test func `strokes that bear less are painted anew sooner`() throws {
    // Everything is drawn apart by a twentieth in each frame.
    let flow = try Self.flow { x, y in SIMD2(-Float(x), -Float(y)) / 20 }
    func share(_ strain: Float) throws -> Float {
      var wear = StrokeWear(width: Self.size.width, height: Self.size.height, strain: strain)
      var anew = 0
      for _ in 0..<20 { anew += try wear.next(flow, trusted: Self.all(1)).count { $0 < 0.5 } }
      return Float(anew) / Float(20 * Self.size.width * Self.size.height)
    }
    // A strain of 0.5 is reached in ten frames, one of 5 never; some are old before.
    let (little, much) = (try share(0.5), try share(5))
    #expect(little > 0.07 && much < 0.03, "\(little), \(much)")
  }

  @Test func `strokes that are stretched are painted anew`() throws {
    var wear = StrokeWear(width: Self.size.width, height: Self.size.height, strain: 1.15)
    // The right half is drawn apart by a twelfth in each frame.
    let flow = try Self.flow { x, _ in SIMD2(x < 48 ? 0 : -Float(x - 48) / 12, 0) }
    var least: Float = 1
    for _ in 0..<18 {
      let kept = try wear.next(flow, trusted: Self.all(1))
      #expect(kept.allSatisfy { 0...1 ~= $0 })
      least = min(least, kept[32 * Self.size.width + 80])
    }
    #expect(least < 0.5)
  }

  @Test func `strokes along an edge of what moves are painted anew before those elsewhere`() throws {
    let (width, height) = (Self.size.width, Self.size.height)
    var wear = StrokeWear(width: width, height: height, strain: 1.15)
    // The lower half passes the upper one by three fifths of a pixel in each frame.
    let flow = try Self.flow { _, y in SIMD2(y < 32 ? 0 : -0.6, 0) }
    var anew = [Bool](repeating: false, count: width * height)
    for _ in 0..<16 {
      let led = try wear.next(flow, trusted: Self.all(1))
      for pixel in led.indices where led[pixel] < 0.5 { anew[pixel] = true }
    }
    let along = anew[31 * width..<33 * width], far = anew[..<(20 * width)]
    #expect(along.allSatisfy { $0 })
    // Some are old by then.
    #expect(far.count { $0 } < far.count / 3)
  }

  @Test func `all strokes are painted anew in time, but not at once`() throws {
    let still = try Self.flow { _, _ in .zero }
    var wear = StrokeWear(width: 96, height: 64, strain: 1.15)
    var times = [Int](repeating: 0, count: 96 * 64)
    for _ in 0..<Int(StabilizationWeights.Strokes.longest) + 5 {
      let led = try wear.next(still, trusted: Self.all(1))
      let now = led.indices.filter { led[$0] < 0.7 }
      #expect(now.count < led.count / 3)
      for pixel in now { times[pixel] += 1 }
    }
    #expect(times.count { $0 > 0 } > times.count * 49 / 50)
    #expect(times.allSatisfy { $0 <= 2 }, "\(times.max() ?? 0)")
  }

  @Test func `strokes are led as far as motion is trusted, and none among many that are not`() {
    let (width, height) = (96, 64)
    // Nothing can be trusted in the left third, every third row in the middle, one pixel in the right; there in part in its last columns.
    let trust = (0..<width * height).map { pixel -> Float in
      let (x, y) = (pixel % width, pixel / width)
      if x < 32 || (x < 64 && y % 3 == 0) || (x == 72 && y == 32) { return 0 }
      return x < 90 ? 0.9 : 0.74
    }
    let led = leading(trust, width: width, height: height)
    func row(_ y: Int, _ columns: ClosedRange<Int>) -> [Float] { columns.map { led[y * width + $0] } }
    #expect(row(31, 0...31).allSatisfy { $0 == 0 })
    // A third is not trusted: some of the rest is led. Beside the left third it is more than may be.
    #expect(row(31, 38...57).allSatisfy { $0 > 0.1 && $0 < 0.6 })
    #expect(row(31, 32...33).allSatisfy { $0 == 0 })
    #expect(led[32 * width + 72] == 0 && led[32 * width + 73] == 1)
    #expect(row(10, 72...84).allSatisfy { $0 == 1 })
    #expect(row(10, 90...95).allSatisfy { abs($0 - 0.8) < 0.01 })
  }
}
