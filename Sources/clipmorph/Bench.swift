import ArgumentParser
import Engine
import Foundation
import Imaging
import OpenVINOEngine
import StyleNetworks
import Synchronization
import TorchEngine
import Training

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast clips and pictures are painted here.",
    discussion: """
      Each line is one network by one engine in one arithmetic: whole jobs file to file by a program of their own (decoding, painting and encoding
      as a user would run them, start-up included) with the processors that they keep busy, the network alone (a frame by all threads, and
      frames a second), the time until a first picture, and the most memory that was taken. Medians of several runs; what they are worth is
      their ratio, which is given against the original system and against the same network in PyTorch, where a Python with torch is at hand.

      EXAMPLES
        clipmorph bench
        clipmorph bench --tier fast --tier balanced --engine openvino --size 1280x720 --json
      """)

  @Option(help: "Networks: original, balanced, fast; may be given several times (default: all).")
  var tier: [String] = []

  @Option(
    name: .shortAndLong,
    help:
      "A style's name or file, whose networks are measured instead of untrained ones; what encoding costs depends on the painting."
  )
  var style: String?

  @Option(help: "Engines: openvino, torch; may be given several times (default: all that are here).")
  var engine: [EngineChoice] = []

  @Option(help: "Arithmetic: auto, f32, bf16; may be given several times.")
  var precision: [EngineOptions.Precision] = [.auto]

  @Option(help: "Where LibTorch computes: cpu, cuda, mps.")
  var device = EngineOptions.Device.cpu

  @Option(help: ArgumentHelp("The frames' size, when no clip is given.", valueName: "WxH"))
  var size = FrameSize(width: 640, height: 360)

  @Option(help: "A clip to measure with, instead of one made for the purpose.", completion: .file())
  var clip: String?

  @Option(help: "Frames of the clip that is made.")
  var frames = 120

  @Option(help: "Runs, of which the median counts.")
  var runs = 3

  @Option(help: "Threads that compute.")
  var threads: Int?

  @Option(help: ArgumentHelp("A Python with torch, for the reference; 'off' for none.", valueName: "program|off"))
  var reference = "python3"

  @Flag(help: "Print the results as JSON.")
  var json = false

  func validate() throws {
    for name in tier where !Recipe.presets.contains(where: { $0.name == name }) {
      throw ValidationError("--tier \(name) is none of \(Recipe.presets.map(\.name).joined(separator: ", "))")
    }
    if engine.contains(.auto) { throw ValidationError("--engine takes openvino or torch here") }
    guard (1...1000).contains(runs) else { throw ValidationError("--runs \(runs) is outside 1 to 1000") }
    guard (2...100_000).contains(frames) else { throw ValidationError("--frames \(frames) is outside 2 to 100000") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads) is outside 1 to 1024") }
  }

  func run() async throws {
    let subjects = try subjects()
    let workshop = try BenchWorkshop(clip: clip, size: size, frames: frames)
    defer { workshop.remove() }
    let planes = device == .cuda
    var report = BenchReport(
      cores: ProcessInfo.processInfo.activeProcessorCount, width: workshop.width, height: workshop.height,
      frames: workshop.frames, runs: runs,
      decodeFPS: Double(workshop.frames) / (try median(runs) { try workshop.decode(planes: planes) }),
      encodeFPS: try workshop.encodedFramesPerSecond(runs: runs, planes: planes))
    if reference != "off" {
      var networks = Dictionary(uniqueKeysWithValues: subjects.map { ($0.tier, $0.network.architecture) })
      networks["original"] = networks["original"] ?? .original(widths: (32, 64, 128), blocks: 5)
      do throws(BenchReference.Absence) {
        report.reference = try BenchReference.measure(
          python: reference, networks: networks, width: workshop.width, height: workshop.height, runs: runs, threads: threads)
      } catch .noTorch {
        Terminal.say("no PyTorch in \(reference); the reference is left out")
      } catch .failure(let words) {
        Terminal.say("PyTorch in \(reference) failed (\(words)); the reference is left out")
      }
    }
    for (name, network) in subjects {
      let style = try workshop.write(network, name: name)
      for choice in engines() {
        for precision in precision {
          Terminal.say("measuring \(name), \(choice.rawValue), \(precision.rawValue)")
          report.rows.append(
            try measure(name, network, style: style, choice: choice, precision: precision, workshop: workshop))
        }
      }
    }
    StandardOutput.line(json ? try report.json() : report.table())
  }

  /// What is measured: a style's networks, or untrained ones.
  private func subjects() throws -> [(tier: String, network: StyleNetwork)] {
    var tiers: [String] = []
    for name in tier.isEmpty ? Recipe.presets.map(\.name) : tier where !tiers.contains(name) { tiers.append(name) }
    if let style {
      let library = StyleLibrary()
      guard let entry = library.styles.first(where: { $0.name == style }) else {
        // A file has one network; which of several is a question for a style with a name.
        return [("style", try library.style(style, tier: tier.first.flatMap(StyleTier.init(rawValue:))).network)]
      }
      // What is for pictures alone is as fast as another.
      let wanted = tier.isEmpty ? entry.tiers.filter { $0 != .still } : tiers.compactMap(StyleTier.init(rawValue:))
      return try wanted.map { ($0.rawValue, try library.style(style, tier: $0).network) }
    }
    return try Recipe.presets.filter { tiers.contains($0.name) }.map {
      ($0.name, try StyleNetwork.random(architecture: $0.architecture(), seed: 1))
    }
  }

  private func engines() -> [EngineChoice] {
    guard engine.isEmpty else { return engine }
    var found: [EngineChoice] = []
    if device == .cpu, (try? OpenVINOEngine.version()) != nil { found.append(.openvino) }
    if (try? TorchEngine.version()) != nil { found.append(.torch) }
    return found
  }

  private func measure(
    _ name: String, _ network: StyleNetwork, style: String, choice: EngineChoice, precision: EngineOptions.Precision,
    workshop: BenchWorkshop
  ) throws -> BenchReport.Row {
    var engineOptions = EngineOptions(device: device, precision: precision, threads: threads)
    let frame = workshop.frame(for: network.architecture)
    let runner = try choice.prepare(network, options: engineOptions)
    for _ in 0..<2 { _ = try runner.stylize(frame, statistics: nil) }
    let alone = try median(max(5, runs)) { _ = try runner.stylize(frame, statistics: nil) }
    let (width, height) = (frame.width, frame.height)
    let onDevice = try runner.deviceSeconds(width: width, height: height, repetitions: 200)
    engineOptions.goal = .throughput
    let rate = try framesPerSecond(of: choice.prepare(network, options: engineOptions), frame, seconds: max(1, 20 * alone))

    let options =
      [
        "-s", style, "--engine", choice.rawValue, "--device", device.rawValue, "--precision", precision.rawValue, "--overwrite",
        "--quiet",
      ]
      + (threads.map { ["--threads", String($0)] } ?? [])
    let picture = try workshop.picture()
    let first = try median(runs) { _ = try workshop.run(["stylize", picture, "-o", workshop.path("first.png")] + options) }
    var usage = BenchWorkshop.Usage()
    let whole = try median(runs) {
      usage.add(try workshop.run(["stylize", workshop.clip, "-o", workshop.path("whole.mp4")] + options))
    }
    return BenchReport.Row(
      tier: name, engine: choice.rawValue, precision: precision.rawValue, wholeFPS: Double(workshop.frames) / whole,
      coresBusy: usage.coresBusy, networkMilliseconds: alone * 1000, networkFPS: rate, deviceFPS: onDevice.map { 1 / $0 },
      firstPictureSeconds: first,
      peakMegabytes: Double(usage.peakBytes) / 1e6)
  }

  /// Frames a second by a network for some seconds, on as many threads as it is worth.
  private func framesPerSecond(of runner: any NetworkRunner, _ frame: ImageBuffer, seconds: Double) throws -> Double {
    let count = Mutex(0)
    let failure = Mutex<(any Error)?>(nil)
    let end = Mutex(ContinuousClock.now)
    func paint(until limit: ContinuousClock.Instant) {
      DispatchQueue.concurrentPerform(iterations: runner.concurrency) { _ in
        do {
          repeat {
            _ = try runner.stylize(frame, statistics: nil)
            count.withLock { $0 += 1 }
          } while ContinuousClock.now < limit
        } catch {
          failure.withLock { $0 = error }
        }
        end.withLock { $0 = max($0, ContinuousClock.now) }
      }
    }
    paint(until: .now)
    count.withLock { $0 = 0 }
    let begin = ContinuousClock.now
    paint(until: begin + .seconds(seconds))
    if let error = failure.withLock({ $0 }) { throw error }
    let time = end.withLock { $0 } - begin
    return Double(count.withLock { $0 }) / (Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
  }

  /// The median of the seconds that something takes.
  private func median(_ count: Int, _ work: () throws -> Void) rethrows -> Double {
    var seconds: [Double] = []
    for _ in 0..<count {
      let clock = ContinuousClock()
      let time = try clock.measure(work)
      seconds.append(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
    }
    return seconds.sorted()[count / 2]
  }
}

/// A size such as 640x360.
struct FrameSize: ExpressibleByArgument {
  var width: Int
  var height: Int

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  init?(argument: String) {
    let sides = argument.split(separator: "x").map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1], (16...16_384).contains(width),
      (16...16_384).contains(height)
    else { return nil }
    self.init(width: width, height: height)
  }

  var defaultValueDescription: String { "\(width)x\(height)" }
}
