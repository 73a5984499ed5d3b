import Benchmark
import Engine
import Foundation
import Imaging
import Media
import OpenVINOEngine
import StyleNetworks
import Stylization

/// What every frame of a clip and every start of the program pass through, at 640x360 where nothing else is said.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident], warmupIterations: 2, maxDuration: .seconds(4), maxIterations: 200)

  let (width, height) = (640, 360)
  let frame = Sample.frame(width: width, height: height)
  let fast = Architecture.compact(widths: (16, 32), blocks: 5)

  Benchmark("frames: decoded, converted to RGB (24 frames, H.264)") { benchmark in
    let clip = try Sample.clip(width: width, height: height, frames: 24)
    defer { Sample.remove(clip) }
    benchmark.startMeasurement()
    let reader = try VideoReader(path: clip)
    while let item = try reader.read() { blackHole(item) }
  }

  Benchmark("frames: converted from RGB, encoded (24 frames, H.264)") { benchmark in
    let clip = try Sample.clip(width: width, height: height, frames: 24)
    defer { Sample.remove(clip) }
    let reader = try VideoReader(path: clip)
    var items: [VideoItem] = []
    while let item = try reader.read() { items.append(item) }
    benchmark.startMeasurement()
    let writer = try VideoWriter(path: clip + ".mp4", like: reader, options: VideoWriteOptions(replace: true))
    for item in items { try writer.write(item) }
    try writer.finish()
    benchmark.stopMeasurement()
    Sample.remove(clip + ".mp4")
  }

  Benchmark("frame: painting mixed with its source") { benchmark in
    let stylizer = Stylizer(
      network: Unchanged(architecture: fast), options: StylizationOptions(strength: 0.5, preserveColor: true))
    benchmark.startMeasurement()
    blackHole(try stylizer.stylize(frame))
  }

  Benchmark("frame: a region cut out and pasted") { benchmark in
    let region = PixelRegion(x: -8, y: -8, width: width + 16, height: height + 16)
    benchmark.startMeasurement()
    var canvas = ImageBuffer(width: width + 16, height: height + 16)
    canvas.paste(PixelRegion(x: 0, y: 0, width: width, height: height), of: frame.extracting(region), atX: 4, y: 4)
    blackHole(canvas)
  }

  Benchmark("frame: painted by OpenVINO, fast, all threads on one") { benchmark in
    let network = try StyleNetwork.random(architecture: fast, seed: 1)
    let runner = try OpenVINOEngine.prepare(network, options: EngineOptions())
    for _ in 0..<2 { blackHole(try runner.stylize(frame, statistics: nil)) }
    benchmark.startMeasurement()
    blackHole(try runner.stylize(frame, statistics: nil))
  }

  Benchmark("start: a style file read") { benchmark in
    let path = Sample.temporary("style.safetensors")
    defer { Sample.remove(path) }
    try StyleFile(network: StyleNetwork.random(architecture: fast, seed: 1), card: StyleCard(name: "sample")).write(to: path)
    benchmark.startMeasurement()
    blackHole(try StyleFile(contentsOf: path))
  }

  Benchmark("start: a network written as ONNX") { benchmark in
    let network = try StyleNetwork.random(architecture: fast, seed: 1)
    let form = ONNXForm(ends: .pixels(bits: 8), size: ONNXForm.Size(height: height, width: width))
    benchmark.startMeasurement()
    blackHole(try network.onnx(form))
  }
}

/// A network that gives back what it gets: what is measured is all the rest.
struct Unchanged: NetworkRunner {
  let architecture: Architecture
  func forward(_ batch: Batch) throws -> Batch { batch }
  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) throws -> ImageBuffer { image }
  func statistics(of patches: [ImageBuffer], margin: Int) throws -> NormStatistics { NormStatistics(layers: []) }
}

/// Pictures and clips to measure with.
enum Sample {
  static func frame(width: Int, height: Int, time: Int = 0) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      var state = UInt64(time + 1) &* 0x9E37_79B9_7F4A_7C15
      for y in 0..<height {
        for x in 0..<width {
          state ^= state << 13
          state ^= state >> 7
          state ^= state << 17
          let value = 128 + 60 * sin(Double(x + 2 * time) * 0.05) * cos(Double(y) * 0.04) + Double(state & 15)
          for channel in 0..<3 { bytes[(y * width + x) * 3 + channel] = UInt8(min(255, max(0, value))) }
        }
      }
    }
  }

  static func temporary(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("clipmorph-\(UUID().uuidString)-\(name)").path
  }

  static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

  /// H.264, by way of Y4M.
  static func clip(width: Int, height: Int, frames: Int) throws -> String {
    let raw = temporary("sample.y4m")
    defer { remove(raw) }
    var bytes = Data("YUV4MPEG2 W\(width) H\(height) F25:1 Ip A1:1 C444\n".utf8)
    for time in 0..<frames {
      bytes += Data("FRAME\n".utf8)
      frame(width: width, height: height, time: time).withUnsafeBytes { pixels in
        for plane in 0..<3 { bytes += Data(stride(from: plane, to: pixels.count, by: 3).map { 16 + pixels[$0] / 2 }) }
      }
    }
    try bytes.write(to: URL(fileURLWithPath: raw))
    let path = temporary("sample.mp4")
    let reader = try VideoReader(path: raw)
    let writer = try VideoWriter(path: path, like: reader)
    while let item = try reader.read() { try writer.write(item) }
    try writer.finish()
    return path
  }
}
