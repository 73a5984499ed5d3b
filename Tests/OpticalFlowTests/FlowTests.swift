import Foundation
import Imaging
import OpticalFlow
import StyleNetworks
import Testing

/// Against OpenCV's own answers through Python, which are committed (`Tests/Goldens/make_flow_goldens.py`). Releases of OpenCV differ: 5.0 remaps
/// in finer steps, and its variational refinement stops elsewhere.
@Suite struct FlowGoldenTests {
  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Goldens/flow.safetensors").path
  let goldens: SafetensorsFile

  init() throws {
    goldens = try SafetensorsFile(contentsOf: Self.path)
  }

  /// Whether the goldens are of the OpenCV that runs here, as far as its numbers go.
  func isSameRelease() throws -> Bool {
    func release(_ version: String) -> [Substring] { version.split(separator: ".").prefix(2).map { $0 } }
    return try release(FlowLibrary.version()) == release(goldens.metadata["opencv"] ?? "")
  }

  func bytes(_ name: String) throws -> (shape: [Int], values: [UInt8]) {
    let tensor = try #require(goldens[name])
    return (tensor.shape, tensor.bytes)
  }

  func image(_ name: String) throws -> ImageBuffer {
    let (shape, values) = try bytes(name)
    return ImageBuffer(width: shape[1], height: shape[0]) { $0.copyBytes(from: values) }
  }

  func gray(_ name: String) throws -> GrayImage {
    let (shape, values) = try bytes(name)
    return try GrayImage(width: shape[1], height: shape[0], bytes: values)
  }

  func flow(_ name: String) throws -> Flow {
    let tensor = try #require(goldens[name])
    let values = tensor.floats()
    let vectors = stride(from: 0, to: values.count, by: 2).map { SIMD2(values[$0], values[$0 + 1]) }
    return try Flow(width: tensor.shape[1], height: tensor.shape[0], vectors: vectors)
  }

  /// How far two rows of bytes are apart: on average, and at most.
  func distance(_ a: [UInt8], _ b: [UInt8]) -> (mean: Double, worst: Int) {
    let differences = zip(a, b).map { abs(Int($0) - Int($1)) }
    return (Double(differences.reduce(0, +)) / Double(max(1, differences.count)), differences.max() ?? 256)
  }

  @Test func `grey is cvtColor's`() throws {
    #expect(try GrayImage(image("a")) == gray("grey.a"))
    #expect(try GrayImage(image("b")) == gray("grey.b"))
  }

  @Test func `sixteen bits are rounded to eight before`() throws {
    let picture = try image("a")
    let wide = ImageBuffer(width: picture.width, height: picture.height, depth: .sixteen) { target in
      for (index, byte) in picture.bytes.enumerated() {
        target.storeBytes(of: UInt16(byte) * 257, toByteOffset: 2 * index, as: UInt16.self)
      }
    }
    #expect(try GrayImage(wide) == gray("grey.a"))
  }

  @Test(arguments: FlowEstimator.Preset.allCases) func `flow is OpenCV's`(preset: FlowEstimator.Preset) throws {
    try FlowLibrary.setThreads(1)
    let found = try FlowEstimator(preset: preset).flow(from: gray("grey.b"), to: gray("grey.a"))
    let expected = try flow("flow.\(preset.rawValue)")
    #expect((found.width, found.height) == (expected.width, expected.height))
    let errors = zip(found.vectors, expected.vectors).map { ((($0 - $1) * ($0 - $1)).sum()).squareRoot() }.sorted()
    let limit: Float = try isSameRelease() ? 0.001 : 0.1
    #expect(errors.reduce(0, +) / Float(errors.count) < limit)
    #expect(errors[errors.count * 99 / 100] < 4 * limit)
  }

  @Test func `an estimator's memory of the last pair changes nothing`() throws {
    try FlowLibrary.setThreads(1)
    let estimator = try FlowEstimator(preset: .fast)
    let (a, b) = try (gray("grey.a"), gray("grey.b"))
    let first = try estimator.flow(from: b, to: a)
    _ = try estimator.flow(from: a, to: b)
    #expect(try estimator.flow(from: b, to: a) == first)
  }

  @Test func `remap is OpenCV's, black outside`() throws {
    let field = try flow("field")
    let picture = try distance(warp(image("a"), by: field).bytes, image("remap.a").bytes)
    #expect(try isSameRelease() ? picture.worst <= 1 : picture.mean < 0.3 && picture.worst <= 4)
    let moved = try flow("flow.medium").warped(by: field)
    let errors = try zip(moved.vectors, flow("remap.flow").vectors).map { abs(($0 - $1).x) + abs(($0 - $1).y) }
    #expect((errors.max() ?? 1) < 0.1)
  }

  @Test func `between pixels, bicubic reads four of them, and the edge beyond the edge`() throws {
    // Half a pixel to the right: Keys's kernel with a = -0.75 weighs four neighbours by -3/32, 19/32, 19/32, -3/32.
    let row: [Double] = [10, 200, 30, 90, 160, 20, 250, 70]
    let picture = ImageBuffer(width: 8, height: 4) { bytes in
      for index in 0..<8 * 4 * 3 { bytes[index] = UInt8(row[index / 3 % 8]) }
    }
    let half = try Flow(width: 8, height: 4, vectors: [SIMD2<Float>](repeating: SIMD2(0.5, 0), count: 32))
    let (colours, gray) = (
      try warp(picture, by: half, .bicubic), try GrayImage(width: 8, height: 4, bytes: (0..<32).map { UInt8(row[$0 % 8]) })
    )
    let levels = try gray.warped(by: half, .bicubic).bytes
    for x in 0..<8 {
      let near = (-1...2).map { row[max(0, min(7, x + $0))] }
      let expected = max(0, min(255, (19 * (near[1] + near[2]) - 3 * (near[0] + near[3])) / 32))
      #expect(abs(Double(colours.bytes[(8 + x) * 3]) - expected) <= 1)
      #expect(abs(Double(levels[8 + x]) - expected) <= 1)
    }
  }

  @Test func `areas are averaged as INTER_AREA does`() throws {
    let grey = try gray("grey.a").scaled(width: 37, height: 23)
    #expect(try distance(grey.bytes, gray("area.grey").bytes).worst <= 1)
    let picture = try image("a").areaScaled(width: 48, height: 36)
    #expect(try distance(picture.bytes, image("area.rgb").bytes).worst <= 1)
  }

  @Test func `the flow of a shift is the shift, and consistent`() throws {
    // The golden's pictures are 1.75 pixels to the right and 2.5 up of each other.
    let estimator = try FlowEstimator()
    let (a, b) = try (gray("grey.a"), gray("grey.b"))
    let back = try estimator.flow(from: b, to: a)
    let forward = try estimator.flow(from: a, to: b)
    let mask = try back.consistent(with: forward)
    #expect(mask.share > 0.8)
    let middle = (20..<52).flatMap { y in (20..<76).map { back.vectors[y * back.width + $0] } }
    let mean = middle.reduce(SIMD2<Float>.zero, +) / Float(middle.count)
    #expect(abs(mean.x + 1.75) < 0.1 && abs(mean.y - 2.5) < 0.1, "\(mean)")
    // Seen through the flow, the first picture is the second where the mask says so.
    let (warped, second) = try (warp(image("a"), by: back), image("b"))
    var sum = 0
    for (index, counts) in mask.values.enumerated() where counts == 1 {
      for channel in 0..<3 { sum += abs(Int(warped.bytes[3 * index + channel]) - Int(second.bytes[3 * index + channel])) }
    }
    #expect(Double(sum) / Double(3 * mask.values.reduce(0) { $0 + Int($1) }) < 4)
  }
}

@Suite struct FlowTests {
  static func constant(_ width: Int, _ height: Int, _ vector: SIMD2<Float>) throws -> Flow {
    try Flow(width: width, height: height, vectors: [SIMD2<Float>](repeating: vector, count: width * height))
  }

  @Test func `a mask leaves out what comes from outside and what does not lead back`() throws {
    let back = try Self.constant(10, 6, [2, 0])
    let mask = try back.consistent(with: Self.constant(10, 6, [-2, 0]))
    // The last two columns lead beyond the picture.
    #expect(mask.values == (0..<60).map { $0 % 10 < 8 ? 1 : 0 })
    #expect(mask.share == 0.8)
    #expect(try back.consistent(with: Self.constant(10, 6, [-1, 0])).share == 0)
    // |(-1.4, 0) + (2, 0)|² = 0.36 is under 0.5 and the share of the lengths.
    #expect(try back.consistent(with: Self.constant(10, 6, [-1.4, 0])).share == 0.8)
  }

  @Test func `a scaled flow's vectors are scaled along`() throws {
    let flow = try Self.constant(12, 8, [3, -2]).scaled(width: 24, height: 4)
    #expect((flow.width, flow.height) == (24, 4))
    #expect(flow.vectors.allSatisfy { $0 == [6, -1] })
  }

  @Test func `whole pixels move exactly, at both depths`() throws {
    for depth in [ImageBuffer.Depth.eight, .sixteen] {
      let picture = ImageBuffer(width: 9, height: 7, depth: depth) { bytes in
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) }
      }
      let moved = try warp(picture, by: Self.constant(9, 7, [-2, 1]))
      var expected = ImageBuffer(width: 9, height: 7, depth: depth)
      expected.paste(PixelRegion(x: 0, y: 1, width: 7, height: 6), of: picture, atX: 2, y: 0)
      #expect(moved == expected)
    }
  }

  @Test func `sizes that do not fit are refused`() throws {
    #expect(throws: FlowError.invalidSize(width: 0, height: 4)) { try GrayImage(width: 0, height: 4, bytes: []) }
    #expect(throws: FlowError.invalidSize(width: 4, height: 4)) { try GrayImage(width: 4, height: 4, bytes: [1]) }
    #expect(throws: FlowError.invalidSize(width: 0, height: 0)) { try GrayImage(ImageBuffer(width: 0, height: 0)) }
    #expect(throws: FlowError.invalidSize(width: 40_000, height: 1)) { try GrayImage(ImageBuffer(width: 40_000, height: 1)) }
    #expect(throws: FlowError.self) { try Flow(width: 2, height: 2, vectors: []) }
    let small = try GrayImage(ImageBuffer(width: 16, height: 16))
    #expect(throws: FlowError.invalidSize(width: 0, height: 3)) { try small.scaled(width: 0, height: 3) }
    let estimator = try FlowEstimator(preset: .ultrafast)
    #expect(throws: FlowError.differentSizes(first: (16, 16), second: (16, 17))) {
      try estimator.flow(from: small, to: GrayImage(ImageBuffer(width: 16, height: 17)))
    }
    #expect(throws: FlowError.differentSizes(first: (3, 2), second: (2, 3))) {
      try warp(ImageBuffer(width: 3, height: 2), by: Self.constant(2, 3, .zero))
    }
  }

  @Test(arguments: FlowEstimator.Preset.allCases)
  func `tiny pictures have a flow or an error`(preset: FlowEstimator.Preset) throws {
    let estimator = try FlowEstimator(preset: preset)
    for (width, height) in [(1, 1), (7, 64), (64, 7), (8, 8), (9, 13), (15, 16), (16, 16), (33, 8), (500, 8), (1, 300)] {
      let picture = try GrayImage(ImageBuffer(width: width, height: height))
      do throws(FlowError) {
        let flow = try estimator.flow(from: picture, to: picture)
        #expect(flow.vectors.count == width * height)
        #expect(flow.vectors.allSatisfy { $0.x.isFinite && $0.y.isFinite })
      } catch {
        #expect(min(width, height) < 16, "\(width)x\(height): \(error)")
      }
    }
  }

  @Test func `estimators work side by side`() async throws {
    let reference = try FlowEstimator(preset: .fast).flow(from: Self.waves(0), to: Self.waves(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let estimator = try FlowEstimator(preset: .fast)
          for _ in 0..<5 {
            let flow = try estimator.flow(from: Self.waves(0), to: Self.waves(1))
            let worst = zip(flow.vectors, reference.vectors).map { abs(($0 - $1).x) }.max() ?? 9
            #expect(worst < 0.5)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  static func waves(_ shift: Double) throws -> GrayImage {
    let bytes = (0..<64 * 48).map { index in
      let (x, y) = (Double(index % 64) - shift, Double(index / 64))
      return UInt8(128 + 60 * sin(0.4 * x + 0.2 * y) + 60 * sin(0.15 * x - 0.35 * y))
    }
    return try GrayImage(width: 64, height: 48, bytes: bytes)
  }
}
