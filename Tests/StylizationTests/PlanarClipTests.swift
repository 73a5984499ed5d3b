import Engine
import Foundation
import Imaging
import Media
import StyleNetworks
import Stylization
import Synchronization
import Testing

/// Turns planes into their opposites, or refuses them from a frame on.
private final class PlanarInverter: NetworkRunner {
  let rgb = Inverter()
  let planes = Mutex(0)
  let most: Int
  var architecture: Architecture { rgb.architecture }
  var takesPlanes: Bool { true }

  init(most: Int = .max) { self.most = most }

  func forward(_ batch: Batch) -> Batch { rgb.forward(batch) }
  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) -> ImageBuffer { rgb.stylize(image, statistics: statistics) }
  func statistics(of patches: [ImageBuffer], margin: Int) -> NormStatistics { rgb.statistics(of: patches, margin: margin) }

  func stylize(_ image: PlanarImage) throws -> PlanarImage? {
    let number = planes.withLock { count in
      count += 1
      return count
    }
    guard number <= most else { throw EngineError.outOfMemory(engine: "inverter") }
    return PlanarImage(width: image.width, height: image.height, coding: image.coding) { bytes in
      for (index, value) in image.bytes.enumerated() { bytes[index] = 255 - value }
    }
  }
}

/// Clips whose frames go to the network as they are coded.
@Suite struct PlanarClipTests {
  private static let frames = 6

  /// Paints a clip of grey frames; gives the luma in the middle of each frame of the painting.
  private static func painted(
    _ network: PlanarInverter, output: String = "out.mp4", options: StylizationOptions,
    reading: VideoReadOptions = VideoReadOptions()
  ) async throws -> [Int] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("planar-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var bytes = Array("YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n".utf8)
    for number in 0..<frames {
      bytes +=
        Array("FRAME\n".utf8) + [UInt8](repeating: UInt8(60 + 10 * number), count: 64 * 48)
        + [UInt8](repeating: 128, count: 64 * 24)
    }
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/in.y4m"))
    let job = ClipJob(
      input: folder + "/in.y4m", output: folder + "/" + output, stylizer: Stylizer(network: network, options: options),
      reading: reading,
      writing: VideoWriteOptions(quality: 0))
    for try await _ in job.run() {}
    let reader = try VideoReader(path: folder + "/" + output)
    var lumas: [Int] = []
    while let item = try reader.read() {
      guard case .frame(let frame) = item else { continue }
      let place = (frame.image.height / 2 * frame.image.width + frame.image.width / 2) * 3
      lumas.append(Int((Double(frame.image.bytes[place + 1]) * 219 / 255).rounded()) + 16)
    }
    return lumas
  }

  @Test func `frames go as they are coded where nothing else sees them`() async throws {
    var options = StylizationOptions()
    options.stabilization = .off
    let network = PlanarInverter()
    let lumas = try await Self.painted(network, options: options)
    #expect(lumas.count == Self.frames)
    #expect(zip(lumas, 0...).allSatisfy { abs($0 - (195 - 10 * $1)) <= 1 })
    #expect(network.planes.withLock { $0 } == Self.frames)
    #expect(network.rgb.seen.withLock { $0.isEmpty })
  }

  @Test func `where memory ends frames are painted as RGB`() async throws {
    var options = StylizationOptions()
    options.stabilization = .off
    let network = PlanarInverter(most: 2)
    let lumas = try await Self.painted(network, options: options)
    #expect(lumas.count == Self.frames)
    #expect(network.rgb.seen.withLock { $0.count } == Self.frames - 2)
    // 255 - RGB, instead of 255 - luma.
    let wanted = (0..<Self.frames).map { $0 < 2 ? 195 - 10 * $0 : 251 - 60 - 10 * $0 }
    #expect(zip(lumas, wanted).allSatisfy { abs($0 - $1) <= 1 }, "\(lumas) for \(wanted)")
  }

  @Test func `frames are RGB for the stabiliser, for a mixture and for scaled clips`() async throws {
    var steady = StylizationOptions()
    steady.stabilization = .static
    var faint = StylizationOptions()
    faint.stabilization = .off
    faint.strength = 0.5
    var plain = StylizationOptions()
    plain.stabilization = .off
    for (options, reading) in [
      (steady, VideoReadOptions()), (faint, VideoReadOptions()), (plain, VideoReadOptions(longerSide: 32)),
    ] {
      let network = PlanarInverter()
      #expect(try await Self.painted(network, options: options, reading: reading).count == Self.frames)
      #expect(network.planes.withLock { $0 } == 0)
      #expect(network.rgb.seen.withLock { $0.count } == Self.frames)
    }
  }
}
