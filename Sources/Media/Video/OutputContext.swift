internal import CFFmpeg

/// A container being written.
final class OutputContext {
  let context: UnsafeMutablePointer<AVFormatContext>
  let shown: String
  private let container: VideoContainer
  /// The stylized video's stream.
  var video: UnsafeMutablePointer<AVStream>?
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
    let packet = copied.packet
    if let converter = copy.converter {
      return try converter.convert(packet) { made throws(MediaError) in
        try write(made, to: copy.output, timeBase: converter.timeBase.av)
      }
    }
    // What an edit list cuts away stays hidden where there are edit lists, and would be heard elsewhere. A decoder begins with the packet before
    // the first that is heard, which ends at zero.
    if packet.pointee.flags & AV_PKT_FLAG_DISCARD != 0, container != .mp4, container != .mov,
      packet.pointee.pts >= 0 || packet.pointee.pts + packet.pointee.duration < 0
    {
      return
    }
    try write(packet, to: copy.output, timeBase: copy.sourceBase)
  }

  /// Writes what a stream's conversion still holds.
  func finish(_ copy: StreamCopy) throws(MediaError) {
    guard let converter = copy.converter else { return }
    try converter.finish { made throws(MediaError) in try write(made, to: copy.output, timeBase: converter.timeBase.av) }
  }

  private func write(_ packet: UnsafeMutablePointer<AVPacket>, to output: Int32, timeBase: AVRational) throws(MediaError) {
    guard let stream = context.pointee.streams[Int(output)] else { return }
    av_packet_rescale_ts(packet, timeBase, stream.pointee.time_base)
    packet.pointee.stream_index = output
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

  func copyMetadata(_ source: OpaquePointer?, to target: inout OpaquePointer?, dropping: Set<String>) {
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
