internal import CFFmpeg

/// How a stream of the source is copied.
struct StreamCopy {
  var output: Int32
  var sourceBase: AVRational
}

/// A container being written.
final class OutputContext {
  let context: UnsafeMutablePointer<AVFormatContext>
  private let shown: String
  private let container: VideoContainer
  private var video: UnsafeMutablePointer<AVStream>?
  private var opened = false
  /// The last decoding time of each output stream, which must rise.
  private var lastTimes: [Int32: Int64] = [:]

  init(container: VideoContainer, path: String, shown: String) throws(MediaError) {
    self.shown = shown
    self.container = container
    var made: UnsafeMutablePointer<AVFormatContext>?
    let name = path.hasPrefix("pipe:") ? path : "file:" + path
    try check(avformat_alloc_output_context2(&made, nil, container.muxer, name), "muxer \(container.muxer)")
    context = try allocated(made, "muxer \(container.muxer)")
    try check(avio_open2(&context.pointee.pb, name, AVIO_FLAG_WRITE, nil, nil), writing: shown)
    opened = true
  }

  deinit {
    if opened { avio_closep(&context.pointee.pb) }
    avformat_free_context(context)
  }

  var wantsGlobalHeader: Bool { (context.pointee.oformat?.pointee.flags ?? 0) & AVFMT_GLOBALHEADER != 0 }

  /// Makes the output's streams: the stylized video first, then those of the source that the container takes.
  func plan(
    reader: VideoReader, encoder: FrameEncoder, container: VideoContainer
  ) throws(MediaError) -> (copies: [Int: StreamCopy], warnings: [String]) {
    let video = try allocated(avformat_new_stream(context, nil), "avformat_new_stream")
    self.video = video
    try check(avcodec_parameters_copy(video.pointee.codecpar, encoder.parameters), "avcodec_parameters_copy")
    video.pointee.time_base = encoder.context.pointee.time_base
    if container == .y4m {
      // Y4M knows no times, only a rate, which its muxer takes from here.
      let rate = encoder.context.pointee.framerate
      video.pointee.time_base = AVRational(num: rate.den, den: rate.num)
    }
    video.pointee.avg_frame_rate = encoder.context.pointee.framerate
    video.pointee.sample_aspect_ratio = encoder.context.pointee.sample_aspect_ratio
    video.pointee.disposition = reader.stream.pointee.disposition
    copyMetadata(reader.stream.pointee.metadata, to: &video.pointee.metadata, dropping: Metadata.ofEncoding)

    var copies: [Int: StreamCopy] = [:]
    var warnings: [String] = []
    for source in reader.input.streams where source != reader.stream {
      let parameters = source.pointee.codecpar
      let kind = source.pointee.codecpar.pointee.codec_type
      let codec = String(cString: avcodec_get_name(source.pointee.codecpar.pointee.codec_id))
      if container == .y4m || container == .gif {
        // These hold pictures alone, which nobody expects to sound; said only where a file is written.
        if container == .gif, kind == AVMEDIA_TYPE_AUDIO {
          warnings.append("\(shown): a GIF has no sound; the audio is left out")
        }
        continue
      }
      let attached = source.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
      let keeps: Bool
      switch kind {
      case AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_SUBTITLE:
        keeps = takes(source.pointee.codecpar.pointee.codec_id, container)
      case AVMEDIA_TYPE_VIDEO: keeps = attached && container != .webm
      case AVMEDIA_TYPE_ATTACHMENT: keeps = container == .mkv
      default: keeps = false
      }
      guard keeps else {
        // A QuickTime time code is written anew from the metadata.
        if kind != AVMEDIA_TYPE_DATA {
          warnings.append(
            "stream \(source.pointee.index) (\(Metadata.name(of: kind)), \(codec)) of \(reader.info.path) cannot be kept in "
              + ".\(container.rawValue); \(container == .mkv ? "it is left out" : "it is left out (.mkv keeps most streams)")")
        }
        continue
      }
      let stream = try allocated(avformat_new_stream(context, nil), "avformat_new_stream")
      try check(avcodec_parameters_copy(stream.pointee.codecpar, parameters), "avcodec_parameters_copy")
      stream.pointee.codecpar.pointee.codec_tag = 0
      stream.pointee.time_base = source.pointee.time_base
      stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
      stream.pointee.disposition = source.pointee.disposition
      copyMetadata(source.pointee.metadata, to: &stream.pointee.metadata, dropping: [])
      if attached, container == .mkv, try attach(source.pointee.attached_pic, to: stream) { continue }
      copies[Int(source.pointee.index)] = StreamCopy(output: stream.pointee.index, sourceBase: source.pointee.time_base)
    }
    return (copies, warnings)
  }

  /// Makes a cover picture what Matroska has for it, an attached file; false for a kind that it has no name for, which stays a track.
  private func attach(_ cover: AVPacket, to stream: UnsafeMutablePointer<AVStream>) throws(MediaError) -> Bool {
    let kinds = [AV_CODEC_ID_MJPEG: ("jpg", "image/jpeg"), AV_CODEC_ID_PNG: ("png", "image/png")]
    guard let parameters = stream.pointee.codecpar, let (suffix, type) = kinds[parameters.pointee.codec_id], cover.size > 0,
      let data = cover.data
    else { return false }
    let padding = Int(AV_INPUT_BUFFER_PADDING_SIZE)
    let copy = try allocated(av_mallocz(Int(cover.size) + padding), "av_mallocz").assumingMemoryBound(to: UInt8.self)
    copy.update(from: data, count: Int(cover.size))
    av_freep(&parameters.pointee.extradata)
    parameters.pointee.extradata = copy
    parameters.pointee.extradata_size = cover.size
    parameters.pointee.codec_type = AVMEDIA_TYPE_ATTACHMENT
    // Players look for a cover by this name; what comes from Matroska has its own.
    av_dict_set(&stream.pointee.metadata, "filename", "cover.\(suffix)", AV_DICT_DONT_OVERWRITE)
    av_dict_set(&stream.pointee.metadata, "mimetype", type, AV_DICT_DONT_OVERWRITE)
    return true
  }

  /// Writes the header.
  func begin(reader: VideoReader, container: VideoContainer) throws(MediaError) {
    let source = reader.input.context
    copyMetadata(source.pointee.metadata, to: &context.pointee.metadata, dropping: Metadata.ofContainer)
    if container != .gif, container != .y4m { try copyChapters(source, shift: reader.origin, length: reader.readDuration) }
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    switch container {
    case .mp4, .mov:
      av_dict_set(&options, "movflags", "+faststart", 0)
      // One tick of the file is one tick of the source, so that times come through exactly.
      let base = reader.info.timeBase
      if base.numerator > 0 {
        let scale = base.denominator % base.numerator == 0 ? base.denominator / base.numerator : base.denominator
        if scale <= 1_000_000_000 {
          av_dict_set(&options, "video_track_timescale", "\(scale)", 0)
          // Where a stream begins is written in the movie's ticks, which are milliseconds otherwise.
          av_dict_set(&options, "movie_timescale", "\(max(scale, 1000))", 0)
        }
      }
    case .gif: av_dict_set(&options, "loop", "0", 0)  // for ever: what an animation is expected to do
    default: break
    }
    try check(avformat_write_header(context, &options), writing: shown)
  }

  /// Writes an encoded packet of the video.
  func write(_ packet: UnsafeMutablePointer<AVPacket>, timeBase: Rational) throws(MediaError) {
    guard let video else { return }
    av_packet_rescale_ts(packet, timeBase.av, video.pointee.time_base)
    packet.pointee.stream_index = video.pointee.index
    try interleave(packet)
  }

  /// Writes a packet of another stream.
  func write(_ copied: CopiedPacket, by copy: StreamCopy) throws(MediaError) {
    guard let stream = context.pointee.streams[Int(copy.output)] else { return }
    let packet = copied.packet
    // What an edit list cuts away stays hidden where there are edit lists, and would be heard elsewhere. A decoder begins with the packet before
    // the first that is heard, which ends at zero.
    if packet.pointee.flags & AV_PKT_FLAG_DISCARD != 0, container != .mp4, container != .mov,
      packet.pointee.pts >= 0 || packet.pointee.pts + packet.pointee.duration < 0
    {
      return
    }
    av_packet_rescale_ts(packet, copy.sourceBase, stream.pointee.time_base)
    packet.pointee.stream_index = copy.output
    packet.pointee.pos = -1
    try interleave(packet)
  }

  private func interleave(_ packet: UnsafeMutablePointer<AVPacket>) throws(MediaError) {
    if packet.pointee.dts != cff_no_pts() {
      if let last = lastTimes[packet.pointee.stream_index], packet.pointee.dts <= last {
        let risen = last + 1
        if packet.pointee.pts != cff_no_pts() { packet.pointee.pts = max(packet.pointee.pts, risen) }
        packet.pointee.dts = risen
      }
      lastTimes[packet.pointee.stream_index] = packet.pointee.dts
    }
    try check(av_interleaved_write_frame(context, packet), writing: shown)
  }

  /// Writes the trailer and closes the file.
  func end() throws(MediaError) {
    try check(av_write_trailer(context), writing: shown)
    avio_flush(context.pointee.pb)
    let code = context.pointee.pb?.pointee.error ?? 0
    let closing = avio_closep(&context.pointee.pb)
    opened = false
    try check(code, writing: shown)
    try check(closing, writing: shown)
  }

  private func takes(_ codec: AVCodecID, _ container: VideoContainer) -> Bool {
    // `mp4` claims some codecs only under its experimental flag, which players do not follow.
    avformat_query_codec(context.pointee.oformat, codec, FF_COMPLIANCE_NORMAL) == 1
  }

  private func copyChapters(_ source: UnsafeMutablePointer<AVFormatContext>, shift: Int64, length: Double?) throws(MediaError) {
    let count = Int(source.pointee.nb_chapters)
    guard count > 0, let list = av_calloc(count, MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride) else { return }
    let chapters = list.bindMemory(to: UnsafeMutablePointer<AVChapter>?.self, capacity: count)
    var kept: UInt32 = 0
    for index in 0..<count {
      guard let chapter = source.pointee.chapters[index] else { continue }
      let moved = av_rescale_q(shift, cff_time_base_q(), chapter.pointee.time_base)
      let start = max(0, chapter.pointee.start - moved)
      var end = chapter.pointee.end - moved
      if let length { end = min(end, Int64(length / Rational(chapter.pointee.time_base).value)) }
      guard end > start,
        let copy = av_mallocz(MemoryLayout<AVChapter>.size)?.bindMemory(to: AVChapter.self, capacity: 1)
      else { continue }
      copy.pointee.id = chapter.pointee.id
      copy.pointee.time_base = chapter.pointee.time_base
      copy.pointee.start = start
      copy.pointee.end = end
      av_dict_copy(&copy.pointee.metadata, chapter.pointee.metadata, 0)
      chapters[Int(kept)] = copy
      kept += 1
    }
    context.pointee.chapters = chapters
    context.pointee.nb_chapters = kept
  }

  private func copyMetadata(_ source: OpaquePointer?, to target: inout OpaquePointer?, dropping: Set<String>) {
    var entry: UnsafeMutablePointer<AVDictionaryEntry>?
    while let next = av_dict_get(source, "", entry, AV_DICT_IGNORE_SUFFIX) {
      entry = next
      let key = String(cString: next.pointee.key).lowercased()
      if !dropping.contains(where: { key.hasPrefix($0) }) { av_dict_set(&target, next.pointee.key, next.pointee.value, 0) }
    }
  }
}

/// Metadata that tells of the source's encoding and is no longer true.
enum Metadata {
  static let ofContainer: Set<String> = ["major_brand", "minor_version", "compatible_brands", "encoder"]
  static let ofEncoding: Set<String> = [
    "encoder", "rotate", "duration", "bps", "number_of_frames", "number_of_bytes", "_statistics", "vendor_id",
    "alpha_mode",
  ]

  static func name(of kind: AVMediaType) -> String {
    av_get_media_type_string(kind).map { String(cString: $0) } ?? "unknown"
  }
}
