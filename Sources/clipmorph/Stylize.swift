import ArgumentParser
import Engine
import Foundation
import Media
import StyleNetworks
import Stylization

struct Stylize: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Paint photographs and clips in a style.",
    discussion: """
      EXAMPLES
        A photograph, and the same with half the style and its own colours:
          clipmorph stylize portrait.jpg -s starry-night -o painting.png
          clipmorph stylize portrait.jpg -s starry-night --strength 0.5 --preserve-color

        Half one style and half another, on what is white in a mask:
          clipmorph stylize portrait.jpg -s starry-night:0.5,wave.safetensors:0.5 --mask sky.png

        A clip; sound, subtitles, chapters and the times of its frames are kept:
          clipmorph stylize ski.mov -s starry-night -o painting.mp4

        A folder with all that is in it:
          clipmorph stylize holiday/ -r -s starry-night -o painted/

        Ten seconds of a clip, 640 pixels on the longer side:
          clipmorph stylize ski.mov -s starry-night --start 0:05 --duration 10 --size 640 -o part.webm

        In a pipe (Y4M):
          ffmpeg -i in.mov -f yuv4mpegpipe - | clipmorph stylize - -s starry-night -o - | ffplay -

      EXIT STATUS
        0 all done, 1 some of several inputs failed, 64 usage, 65 unusable input, 66 missing input, 69 engine, 73 output cannot be
        made, 74 reading or writing failed, 78 style, 129 terminal closed, 130 Ctrl-C,
        143 terminated.
      """)

  @Argument(
    help: ArgumentHelp(
      "Pictures (JPEG, PNG, WebP, TIFF, BMP), clips, folders, quoted patterns, or - for Y4M on standard input.",
      valueName: "input"),
    completion: .file())
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: "A style's name (see: clipmorph styles) or file, or a blend of several of one tier, such as a:0.6,b:0.4.")
  var style: String

  @Option(help: "Which network: original, balanced, fast, still (default: still or balanced for pictures, fast for clips).")
  var tier: StyleTier?

  @Option(
    name: .shortAndLong,
    help: "The file to write (jpg, png, webp; mp4, mov, mkv, webm, gif, y4m), a folder, or - for Y4M on standard output.",
    completion: .file())
  var output: String?

  @Flag(name: .shortAndLong, help: "Look into folders' folders too.")
  var recursive = false

  @Option(help: "How much of the painting is mixed in, 0 to 1.")
  var strength = 1.0

  @Flag(help: "Keep the source's colours: only light and dark come from the painting.")
  var preserveColor = false

  @Option(
    help: ArgumentHelp(
      "How large strokes are, 0.25 to 4 times what the style has learnt; auto lets them grow with large pictures.",
      valueName: "auto|times"))
  var strokeSize = "auto"

  @Option(
    help: "A picture that says where: the style is laid on where it is white, grey mixes; stretched to each input's size.",
    completion: .file(extensions: ["png"]))
  var mask: String?

  @Flag(help: "Lay the style on where the mask is black instead.")
  var invertMask = false

  @Option(help: "How a clip's flicker is taken away: auto, off, static (where nothing moves), flow (along the motion too).")
  var stabilize = Stabilization.auto

  @Option(help: "Scale so that the longer side has so many pixels.")
  var size: Int?

  @Option(
    help: ArgumentHelp(
      "Cut pictures into tiles of this side in pixels; auto where memory would not do.", valueName: "auto|off|pixels"))
  var tile = "auto"

  @Option(help: ArgumentHelp("Where in a clip to start: seconds or [HH:]MM:SS.", valueName: "time"))
  var start: ClipTime?

  @Option(help: ArgumentHelp("How much of a clip to take: seconds or [HH:]MM:SS.", valueName: "time"))
  var duration: ClipTime?

  @Option(help: ArgumentHelp("Frames a second to convert a clip to, such as 25 or 30000/1001.", valueName: "rate"))
  var fps: FrameRate?

  @Option(help: "A clip's constant quality: less is better and larger (default 18 for h264).")
  var crf: Int?

  @Option(help: "A clip's codec: h264, hevc, vp9, av1, prores, ffv1.")
  var codec: String?

  @OptionGroup
  var computing: EngineArguments

  @Flag(help: "Replace outputs that exist.")
  var overwrite = false

  @Flag(help: "Print events as JSON, one a line.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func validate() throws {
    guard (0...1).contains(strength) else { throw ValidationError("--strength \(strength) is outside 0 to 1") }
    if let size, !(1...100_000).contains(size) { throw ValidationError("--size \(size) is outside 1 to 100000") }
    if let crf, !(0...63).contains(crf) { throw ValidationError("--crf \(crf) is outside 0 to 63 (51 for h264 and hevc)") }
    if let duration, duration.seconds == 0 { throw ValidationError("--duration 0 leaves nothing of a clip; give more") }
    if let codec, !MediaSupport.knowsCodec(codec) {
      throw ValidationError("there is no codec \(codec); take one of h264, hevc, vp9, av1, prores, ffv1")
    }
    if invertMask, mask == nil { throw ValidationError("--invert-mask needs a --mask to invert") }
    if inputs.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once; - is given twice") }
    if json, output == "-" || output == nil && inputs.contains("-") {
      throw ValidationError("standard output cannot take both the clip and --json; name a file with -o")
    }
    _ = try tiling()
    _ = try strokes()
  }

  func run() async throws {
    let library = StyleLibrary()
    let others = [mask].compactMap(\.self) + ((try? library.reference(style, tier: tier))?.files ?? [])
    let list = try InputList(inputs, output: output, style: style, recursive: recursive, sparing: others)
    var painters = Painters(
      library: library, style: style, tier: tier, engine: computing.engine, engineOptions: computing.options,
      options: StylizationOptions(
        strength: strength, preserveColor: preserveColor, tiling: try tiling(), stabilization: stabilize,
        strokeSize: try strokes()),
      mask: try mask.map { try StyleMask(contentsOf: $0, inverted: invertMask) })
    // A style that is not there is told before the first input is looked at.
    try painters.check()
    var printer = ProgressPrinter(json: json, quiet: quiet)
    warnOfClipOptions(list, &printer)
    var failures = 0
    for job in list.jobs {
      do {
        try list.prepareFolder(for: job)
        let kind = try MediaKind(path: job.input)
        for try await event in try events(of: job, kind, stylizer: painters.stylizer(for: kind, live: job.input == "-")) {
          printer.show(event)
        }
      } catch {
        guard let failure = Failure(error) else { throw error }
        let goesOn = list.isBatch && !Stylize.endsBatch(error)
        printer.fail(job.input, failure, goesOn: goesOn)
        guard goesOn else { throw error }
        failures += 1
      }
    }
    if failures > 0 { throw ExitCode(Failure.someInputs) }
  }

  /// What was asked for clips, where there are only pictures, is told rather than lost in silence.
  private func warnOfClipOptions(_ list: InputList, _ printer: inout ProgressPrinter) {
    let given = [
      ("--start", start != nil), ("--duration", duration != nil), ("--fps", fps != nil), ("--crf", crf != nil),
      ("--codec", codec != nil),
    ].filter(\.1).map(\.0)
    guard !given.isEmpty, list.jobs.allSatisfy({ (try? MediaKind(path: $0.input)) == .picture }) else { return }
    printer.show(.warning("\(given.joined(separator: ", ")): for clips only, and there is none among the inputs"))
  }

  /// Whether no other input would get past it.
  private static func endsBatch(_ error: any Error) -> Bool {
    switch error {
    case EngineError.unavailable, EngineError.noDevice: true
    default: false
    }
  }

  private func events(
    of job: InputList.Job, _ kind: MediaKind, stylizer: Stylizer
  ) throws -> AsyncThrowingStream<StylizationEvent, any Error> {
    switch kind {
    case .picture:
      guard PictureFormat(outputPath: job.output) != nil else {
        throw MediaError.unsupportedOutput(
          path: job.output, reason: "\(job.input) is a picture, and pictures are written as .jpg, .png or .webp")
      }
      return PictureJob(
        input: job.input, output: job.output, stylizer: stylizer, longerSide: size, replace: overwrite
      ).run()
    case .clip:
      guard VideoContainer(path: job.output) != nil else {
        // What is no clip either is told so first.
        _ = try VideoReader(path: job.input)
        throw MediaError.unsupportedOutput(
          path: job.output, reason: "\(job.input) is a clip, and clips are written as .mp4, .mov, .mkv, .webm, .gif or .y4m")
      }
      return ClipJob(
        input: job.input, output: job.output, stylizer: stylizer,
        reading: VideoReadOptions(
          start: start?.seconds, duration: duration?.seconds, frameRate: fps?.rate, longerSide: size),
        writing: VideoWriteOptions(quality: crf, codec: codec, replace: overwrite)
      ).run()
    }
  }

  private func tiling() throws -> StylizationOptions.Tiling {
    switch tile {
    case "auto": return .auto
    case "off": return .off
    default:
      guard let side = Int(tile), (16...65_536).contains(side) else {
        throw ValidationError("--tile \(tile) is none of auto, off and a side of 16 to 65536 pixels")
      }
      return .side(side)
    }
  }

  private func strokes() throws -> StrokeSize {
    if strokeSize == "auto" { return .auto }
    guard let times = Double(strokeSize), StrokeSize.range.contains(times) else {
      throw ValidationError("--stroke-size \(strokeSize) is neither auto nor a number from 0.25 to 4")
    }
    return .times(times)
  }
}
