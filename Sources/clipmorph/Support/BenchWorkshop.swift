import Foundation
import Imaging
import Media
import StyleNetworks

/// A folder with what a measurement needs: a clip, a picture, styles. It is gone afterwards.
struct BenchWorkshop {
  let folder: String
  let clip: String
  let width: Int
  let height: Int
  let frames: Int

  /// - Parameters:
  ///   - clip: a file; nil makes one of moving shapes with some grain.
  ///   - size: the size of the clip that is made.
  ///   - frames: its length.
  init(clip given: String?, size: FrameSize, frames count: Int) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("clipmorph-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    Signals.removeAtEnd(folder)
    do {
      if let given {
        let reader = try VideoReader(path: given)
        clip = given
        (width, height) = (reader.info.width, reader.info.height)
        var found = 0
        while let item = try reader.read() { if item.isPicture { found += 1 } }
        frames = found
      } else {
        clip = folder + "/source.mp4"
        (width, height, frames) = (size.width, size.height, count)
        try BenchWorkshop.makeClip(clip, folder: folder, size: size, frames: count)
      }
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  /// One frame of the size, for the network alone: enlarged to what the network divides evenly, as the program does.
  func frame(for architecture: Architecture) -> ImageBuffer {
    let size = architecture.paddedSize(width: width, height: height)
    return frame().extracting(PixelRegion(x: 0, y: 0, width: size.width, height: size.height))
  }

  private func frame() -> ImageBuffer { BenchWorkshop.frame(width: width, height: height, time: 0) }

  func picture() throws -> String {
    let path = path("picture.png")
    if !FileManager.default.fileExists(atPath: path) { try Picture(image: frame()).write(to: path, replace: true) }
    return path
  }

  func write(_ network: StyleNetwork, name: String) throws -> String {
    let path = path("\(name).safetensors")
    try StyleFile(network: network, card: StyleCard(name: name)).write(to: path)
    return path
  }

  /// What runs of a program took.
  struct Usage {
    /// The most memory.
    var peakBytes = 0
    var processorSeconds = 0.0
    var wallSeconds = 0.0
    /// Processors that were busy, on average.
    var coresBusy: Double { wallSeconds > 0 ? processorSeconds / wallSeconds : 0 }

    mutating func add(_ other: Usage) {
      peakBytes = max(peakBytes, other.peakBytes)
      processorSeconds += other.processorSeconds
      wallSeconds += other.wallSeconds
    }
  }

  /// Decodes the clip, each frame turned to RGB, or as it is coded where a GPU computes colours.
  func decode(planes: Bool) throws {
    let reader = try VideoReader(path: clip, options: VideoReadOptions(planes: planes))
    while try reader.read() != nil {}
  }

  /// How many of the clip's frames are encoded in a second, from what `decode` gives; the median of some runs.
  func encodedFramesPerSecond(runs: Int, planes: Bool) throws -> Double {
    var rates: [Double] = []
    for _ in 0..<runs {
      // As many frames as fit in memory easily.
      let reader = try VideoReader(path: clip, options: VideoReadOptions(planes: planes))
      var items: [VideoItem] = []
      while items.count < 200, let item = try reader.read() { if item.isPicture { items.append(item) } }
      let begin = Date()
      let writer = try VideoWriter(path: path("encoded.mp4"), like: reader, options: VideoWriteOptions(replace: true))
      for item in items { try writer.write(item) }
      try writer.finish()
      rates.append(Double(items.count) / Date().timeIntervalSince(begin))
    }
    return rates.sorted()[runs / 2]
  }

  /// Runs this program with other arguments.
  func run(_ arguments: [String]) throws -> Usage {
    guard let program = Bundle.main.executablePath else {
      throw CommandProblem(message: "the program does not know its own place", status: Failure.software)
    }
    let words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    let begin = Date()
    var process: pid_t = 0
    guard posix_spawn(&process, program, nil, nil, words + [nil], environ) == 0 else {
      throw CommandProblem(message: "\(program) cannot be started", status: Failure.software)
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw CommandProblem(message: "the measured program was lost", status: Failure.software) }
    }
    guard status == 0 else {
      throw CommandProblem(message: "the measured program failed; see its message above", status: Failure.software)
    }
    #if os(macOS)
      let peak = usage.ru_maxrss
    #else
      let peak = usage.ru_maxrss * 1024
    #endif
    return Usage(
      peakBytes: peak, processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      wallSeconds: Date().timeIntervalSince(begin))
  }

  private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }

  /// By way of Y4M, which needs no source to be like.
  private static func makeClip(_ path: String, folder: String, size: FrameSize, frames: Int) throws {
    let raw = folder + "/source.y4m"
    var bytes = Data("YUV4MPEG2 W\(size.width) H\(size.height) F25:1 Ip A1:1 C444\n".utf8)
    _ = FileManager.default.createFile(atPath: raw, contents: nil)
    guard let file = FileHandle(forWritingAtPath: raw) else {
      throw CommandProblem(message: "\(raw) cannot be written", status: Failure.cannotCreate)
    }
    for time in 0..<frames {
      bytes.append(Data("FRAME\n".utf8))
      let image = frame(width: size.width, height: size.height, time: time)
      // Three planes out of interleaved samples: which colours they are does not matter here.
      image.withUnsafeBytes { pixels in
        for plane in 0..<3 {
          bytes.append(contentsOf: stride(from: plane, to: pixels.count, by: 3).map { 16 + pixels[$0] / 2 })
        }
      }
      try file.write(contentsOf: bytes)
      bytes.removeAll(keepingCapacity: true)
    }
    try file.close()
    let reader = try VideoReader(path: raw)
    let writer = try VideoWriter(path: path, like: reader)
    while let item = try reader.read() { try writer.write(item) }
    try writer.finish()
    try FileManager.default.removeItem(atPath: raw)
  }

  /// Waves that move, and grain that does not repeat.
  private static func frame(width: Int, height: Int, time: Int) -> ImageBuffer {
    var state = UInt64(time + 1) &* 0x9E37_79B9_7F4A_7C15
    let shift = Float(time) * 2
    return ImageBuffer(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          state ^= state << 13
          state ^= state >> 7
          state ^= state << 17
          let grain = Float(state & 15) - 7.5
          let (u, v) = (Float(x) + shift, Float(y))
          let wave = sin(u * 0.021) * cos(v * 0.034) + 0.5 * sin((u + 2 * v) * 0.09)
          for channel in 0..<3 {
            let value = 120 + 60 * wave * cos(Float(channel) + u * 0.006) + grain
            bytes[(y * width + x) * 3 + channel] = UInt8(min(255, max(0, value)))
          }
        }
      }
    }
  }
}
