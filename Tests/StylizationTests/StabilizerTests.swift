import Foundation
import Imaging
import StyleNetworks
import Testing

@testable import Stylization

/// The stabiliser on made scenes whose motion is known, painted by a painter who flickers on purpose.
@Suite(.serialized) struct StabilizerTests {
  /// A landscape of waves, larger than what is seen of it.
  static func scene(width: Int, height: Int, left: Double = 0, seed: Double = 0) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          let (u, v) = (Double(x) + left, Double(y))
          for channel in 0..<3 {
            let phase = Double(channel) + seed
            let wave =
              0.5 * sin(u * 0.11 + phase) * cos(v * 0.09 + seed) + 0.3 * sin((u + v) * 0.23 + 2 * phase) + 0.2
              * sin(u * 0.41 - v * 0.37)
            bytes[(y * width + x) * 3 + channel] = UInt8(128 + 100 * max(-1, min(1, wave)))
          }
        }
      }
    }
  }

  /// A painting: the picture, with blotches of four pixels that are others in each frame.
  static func painted(_ picture: ImageBuffer, frame: Int, strength: Double = 40) -> ImageBuffer {
    let columns = (picture.width + 3) / 4
    let noise = SeededValues.signed(count: columns * ((picture.height + 3) / 4) * 3, seed: UInt64(frame + 1))
    var result = picture
    result.withUnsafeMutableBytes { bytes in
      for y in 0..<picture.height {
        for x in 0..<picture.width {
          for channel in 0..<3 {
            let at = (y * picture.width + x) * 3 + channel
            let value = Double(bytes[at]) + strength * noise[(y / 4 * columns + x / 4) * 3 + channel]
            bytes[at] = UInt8(max(0, min(255, value)))
          }
        }
      }
    }
    return result
  }

  static func difference(_ a: ImageBuffer, _ b: ImageBuffer, shift: Int = 0, border: Int = 8) -> Double {
    var sum = 0
    var count = 0
    a.withUnsafeBytes { a16 in
      b.withUnsafeBytes { b16 in
        for y in border..<a.height - border {
          for x in border..<a.width - border - shift {
            for channel in 0..<3 {
              // What `b` shows at x was at x + shift in `a`.
              sum += abs(Int(a16[(y * a.width + x + shift) * 3 + channel]) - Int(b16[(y * b.width + x) * 3 + channel]))
              count += 1
            }
          }
        }
      }
    }
    return Double(sum) / Double(count)
  }

  /// What there is of a picture whose colours are kept at half its size.
  static func kept(_ picture: ImageBuffer) -> ImageBuffer { Canvas(picture).picture(depth: picture.depth) }

  /// The mean square of a pixel's difference from its neighbours.
  static func roughness(_ picture: ImageBuffer) -> Double {
    let (row, samples) = (picture.width * 3, picture.bytes)
    var sum = 0
    for y in 1..<picture.height - 1 {
      for at in y * row + 3..<(y + 1) * row - 3 {
        let around = Int(samples[at - 3]) + Int(samples[at + 3]) + Int(samples[at - row]) + Int(samples[at + row])
        let edge = 4 * Int(samples[at]) - around
        sum += edge * edge
      }
    }
    return Double(sum) / Double(picture.pixels * 3)
  }

  /// A white square in front of a picture.
  static func square(left: Int, over picture: ImageBuffer) -> ImageBuffer {
    var result = picture
    result.withUnsafeMutableBytes { bytes in
      for y in 30..<66 {
        for x in max(0, left)..<max(0, min(picture.width, left + 36)) {
          for channel in 0..<3 { bytes[(y * picture.width + x) * 3 + channel] = 255 }
        }
      }
    }
    return result
  }

  /// The standard deviation of all samples.
  static func contrast(_ picture: ImageBuffer) -> Double {
    let samples = picture.bytes.map { Double($0) }
    let mean = samples.reduce(0, +) / Double(samples.count)
    return (samples.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(samples.count)).squareRoot()
  }

  static func inSixteenBits(_ picture: ImageBuffer) -> ImageBuffer {
    ImageBuffer(width: picture.width, height: picture.height, depth: .sixteen) { target in
      let samples = target.bindMemory(to: UInt16.self)
      for (index, byte) in picture.bytes.enumerated() { samples[index] = UInt16(byte) * 257 }
    }
  }

  @Test(arguments: [true, false]) func `flicker on what stands still almost ends`(_ flow: Bool) throws {
    let estimator = try MotionEstimator(flow: flow)
    let stabilizer = Stabilizer()
    let picture = Self.scene(width: 160, height: 96)
    var (before, after): ([ImageBuffer], [ImageBuffer]) = ([], [])
    for frame in 0..<24 {
      before.append(Self.painted(picture, frame: frame))
      after.append(try stabilizer.next(before[frame], motion: estimator.next(picture)))
    }
    #expect(after[0] == before[0])
    let (was, now) = (Self.difference(before[22], before[23]), Self.difference(after[22], after[23]))
    #expect(now < 0.1 * was, "\(now) of \(was)")
  }

  @Test func `what stands still stays as sharp as it was painted`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let picture = Self.scene(width: 160, height: 96)
    var (painting, shown) = (picture, picture)
    for frame in 0..<24 {
      painting = Self.painted(picture, frame: frame)
      shown = try stabilizer.next(painting, motion: estimator.next(picture))
    }
    let (was, now) = (Self.roughness(Self.kept(painting)), Self.roughness(shown))
    #expect(now > 0.93 * was, "\(now) of \(was)")
  }

  @Test(arguments: [true, false]) func `light that changes slowly comes through`(_ flow: Bool) throws {
    let estimator = try MotionEstimator(flow: flow)
    let stabilizer = Stabilizer()
    let scene = Self.scene(width: 160, height: 96)
    var (picture, shown) = (scene, scene)
    for frame in 0..<60 {
      picture = scene
      picture.withUnsafeMutableBytes { bytes in
        for index in bytes.indices { bytes[index] = UInt8(min(255, Int(bytes[index]) / 2 + frame)) }
      }
      shown = try stabilizer.next(picture, motion: estimator.next(picture))
    }
    let difference = Self.difference(shown, picture)
    #expect(difference < 6, "\(difference)")
  }

  @Test func `paintings of sixteen bits are steadied too`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let picture = Self.scene(width: 160, height: 96)
    var (before, after): ([ImageBuffer], [ImageBuffer]) = ([], [])
    for frame in 0..<24 {
      before.append(Self.painted(picture, frame: frame))
      after.append(try stabilizer.next(Self.inSixteenBits(before[frame]), motion: estimator.next(Self.inSixteenBits(picture))))
    }
    #expect(after[23].depth == .sixteen && after[0] == Self.inSixteenBits(before[0]))
    let (was, now) = (Self.difference(before[22], before[23]), Self.difference(after[22].inEightBits(), after[23].inEightBits()))
    #expect(now < 0.1 * was, "\(now) of \(was)")
  }

  @Test func `flicker on what moves becomes less, and nothing lags behind`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let step = 3
    var (before, after): ([ImageBuffer], [ImageBuffer]) = ([], [])
    for frame in 0..<16 {
      let picture = Self.scene(width: 192, height: 128, left: Double(frame * step))
      before.append(Self.painted(picture, frame: frame))
      after.append(try stabilizer.next(before[frame], motion: estimator.next(picture)))
    }
    let was = Self.difference(before[14], before[15], shift: step, border: 16)
    let now = Self.difference(after[14], after[15], shift: step, border: 16)
    #expect(now < 0.3 * was, "\(now) of \(was)")
    // Nearer to the scene without flicker than the painting itself: what moved is where it belongs.
    let scene = Self.scene(width: 192, height: 128, left: Double(15 * step))
    #expect(Self.difference(after[15], scene, border: 16) < Self.difference(before[15], scene, border: 16))
  }

  @Test func `strokes move with a scene between black bars, which stand still`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    func barred(_ picture: ImageBuffer) -> ImageBuffer {
      var result = picture
      result.withUnsafeMutableBytes { bytes in
        for y in 0..<picture.height where y < 24 || y >= picture.height - 24 {
          for at in y * picture.width * 3..<(y + 1) * picture.width * 3 { bytes[at] = 0 }
        }
      }
      return result
    }
    var (was, now) = (0.0, 0.0)
    var before: (painting: ImageBuffer, shown: ImageBuffer)?
    for frame in 0..<30 {
      // A slow pan: half a pixel a frame, seen after every second.
      let picture = barred(Self.scene(width: 192, height: 128, left: Double(frame) / 2))
      let painting = barred(Self.painted(picture, frame: frame))
      let shown = try stabilizer.next(painting, motion: estimator.next(picture))
      guard frame % 2 == 0 else { continue }
      if let before, frame > 12 {
        was += Self.difference(before.painting, painting, shift: 1, border: 28)
        now += Self.difference(before.shown, shown, shift: 1, border: 28)
      }
      before = (painting, shown)
    }
    #expect(now < 0.5 * was, "\(now) of \(was)")
  }

  @Test(arguments: [true, false]) func `a cut shows nothing of the frame before it`(_ flow: Bool) throws {
    let estimator = try MotionEstimator(flow: flow)
    let stabilizer = Stabilizer()
    for frame in 0..<6 {
      let picture = Self.scene(width: 160, height: 96, left: Double(frame), seed: 0)
      _ = try stabilizer.next(Self.painted(picture, frame: frame), motion: estimator.next(picture))
    }
    let other = Self.scene(width: 160, height: 96, seed: 2.3)
    let motion = try estimator.next(other)
    #expect(motion == nil)
    let painting = Self.painted(other, frame: 99)
    #expect(stabilizer.next(painting, motion: motion) == painting)
  }

  @Test(arguments: [true, false]) func `what has passed leaves no trail`(_ flow: Bool) throws {
    let estimator = try MotionEstimator(flow: flow)
    let stabilizer = Stabilizer()
    let background = Self.scene(width: 192, height: 96)
    var last = background
    for frame in 0..<20 {
      var picture = background
      // A white square that leaves the picture after twelve frames.
      picture.withUnsafeMutableBytes { bytes in
        for y in 30..<66 {
          for x in frame * 16..<frame * 16 + 36 where x < 192 {
            for channel in 0..<3 { bytes[(y * 192 + x) * 3 + channel] = 255 }
          }
        }
      }
      last = try stabilizer.next(picture, motion: estimator.next(picture))
    }
    #expect(Self.difference(last, Self.kept(background)) < 0.6)
  }

  @Test func `what is painted along the frame's edge does not wander in with what enters there`() throws {
    func shown(edges: Bool) throws -> ImageBuffer {
      let estimator = try MotionEstimator(flow: true)
      let stabilizer = Stabilizer()
      var last = ImageBuffer(width: 192, height: 128)
      for frame in 0..<16 {
        let picture = Self.scene(width: 192, height: 128, left: Double(frame * 3))
        var painting = picture
        painting.withUnsafeMutableBytes { bytes in
          for index in bytes.indices where edges && index / 3 % 192 >= 188 { bytes[index] = 0 }
        }
        last = try stabilizer.next(painting, motion: estimator.next(picture))
      }
      return last
    }
    let difference = try Self.difference(shown(edges: true), shown(edges: false), border: 12)
    #expect(difference < 0.3, "\(difference)")
  }

  @Test func `a change of the camera's exposure keeps strokes in place`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let scene = Self.scene(width: 160, height: 96)
    var (was, now): (Double, Double) = (0, 0)
    var before: (painting: ImageBuffer, shown: ImageBuffer)?
    for frame in 0..<24 {
      var picture = scene
      let exposure = 1 - 0.02 * Double(max(0, frame - 6))
      picture.withUnsafeMutableBytes { bytes in
        for index in bytes.indices { bytes[index] = UInt8(Double(bytes[index]) * exposure) }
      }
      let painting = Self.painted(picture, frame: frame)
      let motion = try estimator.next(picture)
      #expect(motion != nil || frame == 0)
      let shown = stabilizer.next(painting, motion: motion)
      if let before, frame > 12 {
        was += Self.difference(before.painting, painting)
        now += Self.difference(before.shown, shown)
      }
      before = (painting, shown)
    }
    #expect(now < 0.25 * was, "\(now) of \(was)")
  }

  @Test func `strokes that are led keep their contrast`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    var (painting, shown) = (Self.scene(width: 192, height: 128), Self.scene(width: 192, height: 128))
    for frame in 0..<24 {
      let picture = Self.scene(width: 192, height: 128, left: Double(frame * 3))
      painting = Self.painted(picture, frame: frame, strength: 60)
      shown = try stabilizer.next(painting, motion: estimator.next(picture))
    }
    let (was, now) = (Self.contrast(painting.halved()), Self.contrast(shown.halved()))
    #expect(now > 0.93 * was && now < 1.1 * was, "\(now) of \(was)")
    let (rough, steadied) = (Self.roughness(Self.kept(painting)), Self.roughness(shown))
    #expect(steadied > 0.85 * rough && steadied < 1.15 * rough, "\(steadied) of \(rough)")
  }

  @Test func `exposure is what most of a picture has in common`() {
    let scene = Self.scene(width: 160, height: 96)
    let before = { (pixel: Int) in Float(scene.bytes[pixel * 3 + 1]) }
    for gain in [0.8, 0.95, 1.1] {
      var picture = Self.square(left: 20, over: scene)
      picture.withUnsafeMutableBytes { bytes in
        for index in bytes.indices { bytes[index] = UInt8(min(255, Double(bytes[index]) * gain)) }
      }
      #expect(abs(exposureGain(picture, over: before) - Float(gain)) < 0.01)
    }
    #expect(exposureGain(scene, over: before) == 1)
    #expect(exposureGain(Self.scene(width: 160, height: 96, seed: 2.3), over: before) == 1)
  }

  @Test(arguments: [(1, 1), (2, 3), (17, 9), (50, 33), (64, 48), (101, 75)]) func `frames of any size go through`(
    _ width: Int, _ height: Int
  ) throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    for frame in 0..<3 {
      let picture = Self.scene(width: width, height: height, left: Double(frame))
      let result = try stabilizer.next(picture, motion: estimator.next(picture))
      #expect(result.width == width && result.height == height)
    }
    // Another size is another scene.
    let other = Self.scene(width: width + 6, height: height + 2)
    #expect(try stabilizer.next(other, motion: estimator.next(other)) == other)
  }

  @Test func `halving takes means, and an odd end counts twice`() {
    let picture = ImageBuffer(width: 3, height: 3) { bytes in
      for index in 0..<27 { bytes[index] = UInt8(index / 3 * 10) }
    }
    let half = picture.halved()
    #expect((half.width, half.height) == (2, 2))
    // Values 0 10 20 / 30 40 50 / 60 70 80.
    #expect(half.bytes == [20, 20, 20, 35, 35, 35, 65, 65, 65, 80, 80, 80])
  }
}
