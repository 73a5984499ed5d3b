internal import CFFmpeg
public import Imaging

/// How to write a clip.
public struct VideoWriteOptions: Sendable {
  /// The encoder's constant quality; nil takes one that shows no loss.
  public var quality: Int?
  /// The codec by name (`h264`, `hevc`, `vp9`, `av1`, `prores`, `ffv1`); nil takes the container's usual one.
  public var codec: String?
  /// Whether an existing file may be replaced.
  public var replace: Bool

  /// How to write a clip.
  public init(quality: Int? = nil, codec: String? = nil, replace: Bool = false) {
    self.quality = quality
    self.codec = codec
    self.replace = replace
  }
}

/// Writes a clip like its source: same times, same colours, the other streams copied. The file appears when it is whole.
///
/// Belongs to one thread at a time.
public final class VideoWriter: @unchecked Sendable {
  /// What of the source is not kept, a sentence each; frames that are written may add to it.
  public private(set) var warnings: [String]
  /// Frames written.
  public private(set) var frames = 0

  private let path: String
  private let file: AtomicFile?
  private let output: OutputContext
  private let encoder: FrameEncoder
  private let copies: [Int: StreamCopy]
  private let timeBase: Rational
  /// Whether what frames have of transparency is lost, and whether one had any.
  private let flattens: Bool
  private var hasFlattened = false
  /// Streams whose conversion broke off, as was told.
  private var silenced: Set<Int32> = []
  private var lastTime: Int64?

  /// Begins a clip at `path` (by extension mp4, mov, mkv, webm, gif or y4m), or Y4M on standard output where `path` is `-`.
  public init(path: String, like reader: VideoReader, options: VideoWriteOptions = VideoWriteOptions()) throws(MediaError) {
    guard let container = VideoContainer(path: path) else {
      throw MediaError.unsupportedOutput(
        path: path, reason: "clips are written as .mp4, .mov, .mkv, .webm, .gif or .y4m; give one of these extensions")
    }
    let codec = try VideoWriter.codec(options, container: container, path: path)
    self.path = path
    timeBase = reader.info.timeBase
    let size = scaledSize(width: reader.info.width, height: reader.info.height, longerSide: reader.longerSide)
    // FFmpeg's encoder leaves noise in the last columns of an odd width.
    if codec == .prores, size.width % 2 == 1 {
      throw MediaError.unsupportedOutput(
        path: path,
        reason: "ProRes is written with even widths only, not \(size.width)x\(size.height); take another codec or --size"
      )
    }
    file = path == "-" ? nil : try AtomicFile(target: path, replace: options.replace)
    let alpha = reader.hasAlpha && codec.keepsAlpha && container != .mp4
    flattens = reader.hasAlpha && !alpha

    output = try OutputContext(container: container, path: file?.temporary ?? "pipe:1", shown: path)
    encoder = try FrameEncoder(
      codec: codec, quality: options.quality,
      shape: FrameEncoder.Shape(
        width: size.width, height: size.height, alpha: alpha, aspect: reader.sampleAspect, timeBase: timeBase,
        rate: reader.info.frameRate, constantRate: !reader.hasVariableRate, color: reader.color,
        globalHeader: output.wantsGlobalHeader, path: path))
    let plan = try output.plan(reader: reader, encoder: encoder, container: container)
    copies = plan.copies
    var notes = plan.warnings
    if container == .y4m, reader.hasVariableRate {
      notes.append("Y4M has one frame rate; the varying times of \(reader.info.path) are lost")
    }
    warnings = notes
    try output.begin(reader: reader, container: container)
  }

  /// Whether a clip at `path` would take frames of 4:2:0 as they are.
  public static func takesPlanes(path: String, options: VideoWriteOptions) -> Bool {
    guard let container = VideoContainer(path: path), let codec = try? codec(options, container: container, path: path) else {
      return false
    }
    return codec.pixelFormat(width: 2, height: 2, alpha: false) == AV_PIX_FMT_YUV420P
  }

  /// How frames must stand for colours to be written as they are (`VideoItem.planes`); nil where none are.
  public var planarCoding: PlanarImage.Coding? { encoder.planarCoding }

  /// Writes a stylized frame, or a packet as it is.
  public func write(_ item: VideoItem) throws(MediaError) {
    switch item {
    case .packet(let copied):
      guard let copy = copies[copied.stream] else { return }
      try output.write(copied, by: copy)
      noticeFailure(of: copy)
    case .frame(var next):
      next.time = rising(next.time)
      // Every GIF may be transparent; hardly one is.
      if flattens, let alpha = next.alpha, alpha.contains(where: { $0 < 255 }) {
        next.image = laidOnBlack(next.image, alpha: alpha)
        if !hasFlattened {
          warnings.append(
            "\(path): transparency is not kept in this format; it is laid on black (write .gif, .webm or ProRes .mov to keep it)")
        }
        hasFlattened = true
      }
      try encoder.encode(next) { packet throws(MediaError) in try output.write(packet, timeBase: timeBase) }
      frames += 1
    case .planes(var next):
      guard encoder.takes(next.image) else { return try write(.frame(next.inRGB())) }
      next.time = rising(next.time)
      try encoder.encode(next) { packet throws(MediaError) in try output.write(packet, timeBase: timeBase) }
      frames += 1
    }
  }

  /// A frame's time, later than the last one's: two of the same time cannot both be shown, and containers want them to rise.
  private func rising(_ time: Int64) -> Int64 {
    let risen = lastTime.map { max(time, $0 + 1) } ?? time
    lastTime = risen
    return risen
  }

  private func noticeFailure(of copy: StreamCopy) {
    guard let failure = copy.converter?.failure, silenced.insert(copy.output).inserted else { return }
    warnings.append("\(path): the sound ends early, since it cannot be converted: \(failure)")
  }

  /// Ends the clip and makes it visible.
  public func finish() throws(MediaError) {
    try encoder.finish { packet throws(MediaError) in try output.write(packet, timeBase: timeBase) }
    for copy in copies.values.sorted(by: { $0.output < $1.output }) {
      try output.finish(copy)
      noticeFailure(of: copy)
    }
    try output.end()
    try file?.commit()
  }

  /// Removes what was written, now and not when the last to hold the writer lets go of it. Nothing may be written any more. Does nothing after `finish`.
  public func discard() { file?.discard() }

  private static func codec(
    _ options: VideoWriteOptions, container: VideoContainer, path: String
  ) throws(MediaError) -> VideoCodec {
    var choices = container.codecs
    if let name = options.codec {
      guard let codec = VideoCodec(name: name) else {
        throw MediaError.unsupportedOutput(
          path: path, reason: "there is no codec \(name); take one of h264, hevc, vp9, av1, prores, ffv1")
      }
      guard choices.contains(codec) else {
        throw MediaError.unsupportedOutput(
          path: path,
          reason:
            "\(container.rawValue) does not hold \(codec.rawValue) here; it takes \(choices.map(\.rawValue).joined(separator: ", "))"
        )
      }
      choices = [codec]
    }
    guard let codec = choices.first(where: { $0.encoder != nil }) else {
      throw MediaError.unsupportedOutput(
        path: path, reason: "this FFmpeg has no encoder for \(choices.map(\.rawValue).joined(separator: " or "))")
    }
    if let quality = options.quality {
      guard let range = codec.qualityRange else {
        throw MediaError.unsupportedOutput(path: path, reason: "\(codec.rawValue) has no --crf; leave it out")
      }
      guard range.contains(quality) else {
        throw MediaError.unsupportedOutput(
          path: path, reason: "--crf \(quality) is outside \(range.lowerBound) to \(range.upperBound) for \(codec.rawValue)")
      }
    }
    return codec
  }
}

/// A picture over black.
private func laidOnBlack(_ image: ImageBuffer, alpha: [UInt8]) -> ImageBuffer {
  var image = image
  image.withUnsafeMutableBytes { bytes in
    for pixel in 0..<alpha.count where alpha[pixel] < 255 {
      for channel in 0..<3 { bytes[pixel * 3 + channel] = UInt8(Int(bytes[pixel * 3 + channel]) * Int(alpha[pixel]) / 255) }
    }
  }
  return image
}
