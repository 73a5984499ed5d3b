import Foundation
import Imaging
import Media
import OpticalFlow
import StyleNetworks
import Testing

@testable import Evaluation

/// Against NumPy, Pillow and OpenCV (`Tests/Goldens/make_evaluation_goldens.py`).
@Suite struct MeasureTests {
  let goldens: SafetensorsFile

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Goldens/evaluation.safetensors").path
    goldens = try SafetensorsFile(contentsOf: path)
  }

  func image(_ name: String) throws -> ImageBuffer {
    let tensor = try #require(goldens[name])
    return ImageBuffer(width: tensor.shape[1], height: tensor.shape[0]) { $0.copyBytes(from: tensor.bytes) }
  }

  func numbers(_ name: String) throws -> [Double] { try #require(goldens[name]).floats().map(Double.init) }

  @Test(arguments: ["plain", "lattice", "odd"]) func `lattice energy is the whole transform's`(name: String) throws {
    let found = try #require(Checkerboard(image("picture.\(name)")))
    let expected = try numbers("checker.\(name)")
    #expect(abs(found.period2 - expected[0]) <= 1e-6 * expected[0] + 1e-15)
    #expect(abs(found.period4 - expected[1]) <= 1e-6 * expected[1] + 1e-15)
  }

  @Test func `a flat picture has no lattice, a tiny one no number`() {
    let flat = Checkerboard(ImageBuffer(width: 16, height: 8))
    #expect(flat?.period2 == 0 && flat?.period4 == 0)
    #expect(Checkerboard(ImageBuffer(width: 7, height: 100)) == nil)
  }

  @Test(arguments: ["plain", "lattice", "odd"]) func `weave is NumPy's`(name: String) throws {
    let found = try #require(try Weave.of(image("picture.\(name)")))
    let expected = try numbers("weave.\(name)")[0]
    #expect(abs(found - expected) <= 1e-5 * expected)
  }

  @Test func `noise has hardly any weave`() throws {
    let noise = ImageBuffer(width: 120, height: 90) { bytes in
      for (index, value) in SeededValues.uniform(count: bytes.count, seed: 3).enumerated() { bytes[index] = UInt8(value * 255) }
    }
    #expect(try #require(Weave.of(noise)) < 0.02)
  }

  @Test func `a flat picture has no weave, a small one no number`() {
    #expect(Weave.of(ImageBuffer(width: 32, height: 40)) == 0)
    #expect(Weave.of(ImageBuffer(width: 31, height: 100)) == nil)
  }

  @Test(arguments: ["plain", "lattice", "odd"]) func `sharpness is OpenCV's`(name: String) throws {
    let found = try FrameMeasures.sharpness(image("picture.\(name)"))
    let expected = try numbers("sharpness.\(name)")[0]
    #expect(abs(found - expected) < 1e-6 * expected)
  }

  @Test func `sharpness of a single pixel, row or column is nothing`() throws {
    for (width, height) in [(1, 1), (1, 9), (9, 1)] {
      #expect(try FrameMeasures.sharpness(ImageBuffer(width: width, height: height)) == 0)
    }
  }

  @Test(arguments: ["bicubic", "bilinear"], ["50x31", "200x75", "129x90", "13x150"])
  func `resizing is Pillow's, to the bit`(filter: String, size: String) throws {
    let expected = try image("resized.\(filter).\(size)")
    let found = try image("picture.odd").resampled(
      width: expected.width, height: expected.height, filter: filter == "bicubic" ? .bicubic : .bilinear)
    #expect(found == expected)
  }

  @Test(arguments: ["50x31", "200x75", "129x90", "13x150"]) func `painting's resizing is Pillow's bicubic, rounded once`(
    size: String
  ) throws {
    let expected = try image("resized.bicubic.\(size)")
    let source = try image("picture.odd")
    let found = source.resized(width: expected.width, height: expected.height)
    #expect(zip(found.bytes, expected.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    let deep = ImageBuffer(width: source.width, height: source.height, depth: .sixteen) { bytes in
      for index in source.bytes.indices {
        bytes.storeBytes(of: UInt16(source.bytes[index]) * 257, toByteOffset: index * 2, as: UInt16.self)
      }
    }
    let shallow = deep.resized(width: expected.width, height: expected.height).inEightBits()
    #expect(zip(found.bytes, shallow.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }

  @Test(arguments: ["444", "422", "420"]) func `jpegs are read as libjpeg reads them`(name: String) throws {
    let bytes = try #require(goldens["jpeg.\(name)"]).bytes
    let found = try Picture(bytes: bytes, path: "a.jpg", chroma: .linear) { ($0, $1) }.image
    let expected = try image("decoded.\(name)")
    #expect((found.width, found.height) == (expected.width, expected.height))
    // The inverse cosine transforms of the two differ by a level now and then.
    let differences = zip(found.bytes, expected.bytes).map { abs(Int($0) - Int($1)) }
    #expect((differences.max() ?? 256) <= 4)
    #expect(Double(differences.reduce(0, +)) / Double(differences.count) < 0.2)
  }
}

@Suite struct ClipMeterTests {
  /// A textured picture moved to the left by so many pixels.
  static func frame(_ shift: Int, width: Int = 96, height: Int = 64) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          let (a, b) = (Double(x + shift), Double(y))
          for channel in 0..<3 {
            let value = 128 + 40 * sin(0.31 * a + 0.2 * b + Double(channel)) + 40 * sin(0.17 * a - 0.43 * b)
            bytes[(y * width + x) * 3 + channel] = UInt8(value)
          }
        }
      }
    }
  }

  static func brighter(_ image: ImageBuffer, by levels: UInt8) -> ImageBuffer {
    ImageBuffer(width: image.width, height: image.height) { bytes in
      for (index, byte) in image.bytes.enumerated() { bytes[index] = byte &+ levels }
    }
  }

  static func shift(_ x: Float) throws -> Flow {
    try Flow(width: 96, height: 64, vectors: [SIMD2<Float>](repeating: [x, 0], count: 96 * 64))
  }

  @Test func `a flash costs what it adds, by exact flow`() throws {
    // The pictures move two pixels to the right, so each is found two to the left in its predecessor.
    let flow = try Self.shift(-2)
    let meter = try ClipMeter(motion: .known(flow, flow.inside()), outputs: 2)
    for index in 0..<4 {
      let frame = Self.frame(-2 * index)
      // The second output is ten levels brighter in every other frame.
      try meter.add(source: frame, outputs: [frame, Self.brighter(frame, by: index % 2 == 0 ? 0 : 10)])
    }
    let scores = meter.scores()
    #expect(scores[0].warpError == 0 && scores[0].sourceWarpError == 0 && scores[0].excess == 0)
    #expect(abs((scores[1].warpError ?? 0) - 10.0 / 255) < 1e-9)
    #expect(abs((scores[1].excess ?? 0) - 100.0 / (255 * 255)) < 1e-9)
    #expect(scores[1].steps.count == 3)
    #expect(scores[1].flicker == nil)
    #expect(abs((scores[1].trusted ?? 0) - 94.0 / 96) < 1e-9)
  }

  @Test func `flicker counts where the source stands still`() throws {
    let meter = try ClipMeter(motion: .estimated, outputs: 1)
    let frame = Self.frame(0)
    for index in 0..<3 {
      // The right half of the source flashes, the left one trembles by a level.
      var source = frame
      source.withUnsafeMutableBytes { bytes in
        for pixel in 0..<frame.pixels { bytes[3 * pixel] &+= pixel % 96 < 48 ? UInt8(index % 2) : UInt8(40 * (index % 2)) }
      }
      try meter.add(source: source, outputs: [Self.brighter(frame, by: UInt8(4 * (index % 2)))])
    }
    let scores = meter.scores()[0]
    #expect(scores.still == 0.5)
    #expect(scores.flicker == 4)
    #expect(abs((scores.sourceFlicker ?? 0) - 1.0 / 3) < 1e-9)
  }

  @Test func `one frame has no steadiness, and none nothing`() throws {
    let meter = try ClipMeter(motion: .estimated, outputs: 1)
    #expect(meter.scores()[0] == ClipScores(frames: 0))
    try meter.add(source: Self.frame(0), outputs: [Self.frame(0)])
    let scores = meter.scores()[0]
    #expect(scores.frames == 1 && scores.warpError == nil && scores.excess == nil && scores.flicker == nil)
    #expect(scores.sharpness != nil)
  }

  @Test func `a clip that moves too much to be trusted has no error, not one that is no number`() throws {
    let flow = try Self.shift(500)
    let meter = try ClipMeter(motion: .known(flow, flow.inside()), outputs: 1)
    for _ in 0..<3 { try meter.add(source: Self.frame(0), outputs: [Self.frame(0)]) }
    let scores = meter.scores()[0]
    #expect(scores.warpError == nil && scores.trusted == 0)
  }

  @Test func `kept sharpness is told against the clip before`() throws {
    let meter = try ClipMeter(motion: .estimated, outputs: 1)
    let frame = Self.frame(0)
    let flat = ImageBuffer(width: 96, height: 64)
    for output in [frame, flat] { try meter.add(source: frame, outputs: [output], references: [frame]) }
    #expect(abs((meter.scores()[0].keptSharpness ?? 0) - 0.5) < 1e-9)
  }

  @Test(arguments: CameraMotion.allCases) func `camera movements have the flow that they say`(motion: CameraMotion) throws {
    let sequence = try motion.sequence(of: Self.frame(0, width: 800, height: 640), frames: 3)
    let meter = try ClipMeter(motion: .known(sequence.flow, sequence.mask), outputs: 1)
    for frame in sequence.frames { try meter.add(source: frame, outputs: [frame]) }
    let scores = meter.scores()[0]
    // What remains is two interpolations of the still; a wrong direction costs twenty times as much.
    #expect((scores.warpError ?? 1) < 0.02, "\(String(describing: scores.warpError))")
    #expect((scores.trusted ?? 0) > 0.9)
  }
}
