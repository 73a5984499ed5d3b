internal import CFFmpeg
internal import Foundation

/// An opened container.
final class InputContext {
  let context: UnsafeMutablePointer<AVFormatContext>
  let path: String
  private let packet: UnsafeMutablePointer<AVPacket>
  private var failures = 0
  /// Where in the file the last packet ended.
  private(set) var lastPacketEnd: Int64 = 0
  private var clock = ContinuousClock()

  /// A container that loses its thread this often in a row is given up.
  private static let patience = 200

  enum Reading {
    case packet(UnsafeMutablePointer<AVPacket>)
    case damaged
    case end
  }

  init(path: String) throws(MediaError) {
    self.path = path
    av_log_set_level(AV_LOG_QUIET)
    let standardInput = path == "-"
    if !standardInput { try checkInput(path) }
    var options: OpaquePointer?
    // Only the file itself: playlists and references to other files or addresses are not followed.
    av_dict_set(&options, "protocol_whitelist", "file,pipe", 0)
    av_dict_set(&options, "format_whitelist", InputContext.formats, 0)
    defer { av_dict_free(&options) }
    var opened: UnsafeMutablePointer<AVFormatContext>?
    let format = standardInput ? "yuv4mpegpipe" : MediaKind.isAnimatedPNG(path: path) ? "apng" : nil
    let code = avformat_open_input(
      &opened, standardInput ? "pipe:0" : "file:" + path, format.flatMap { av_find_input_format($0) }, &options)
    guard code >= 0, let opened else {
      throw MediaError.notUsable(
        path: standardInput ? "standard input" : path,
        // The file itself can be read: a kind that is not on the list, or a header that cannot be, has numbers of its own.
        reason: [cff_error_invalid_data(), cff_error_eof(), -EINVAL, -EBUSY].contains(code)
          ? (standardInput ? "it is not Y4M" : "its contents are of no known kind, or damaged") : reason(code).lowercased())
    }
    context = opened
    var packet = av_packet_alloc()
    guard let allocatedPacket = packet else {
      var closing: UnsafeMutablePointer<AVFormatContext>? = opened
      avformat_close_input(&closing)
      av_packet_free(&packet)
      throw MediaError.failed(step: "av_packet_alloc", reason: "out of memory")
    }
    self.packet = allocatedPacket
    let found = avformat_find_stream_info(opened, nil)
    guard found >= 0 else { throw MediaError.notUsable(path: path, reason: reason(found).lowercased()) }
  }

  deinit {
    free(packet, by: av_packet_free)
    free(context, by: avformat_close_input)
  }

  /// The demuxer's names.
  var format: String { context.pointee.iformat.map { String(cString: $0.pointee.name) } ?? "" }

  var streams: [UnsafeMutablePointer<AVStream>] {
    (0..<Int(context.pointee.nb_streams)).compactMap { context.pointee.streams[$0] }
  }

  func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
    index >= 0 && index < Int(context.pointee.nb_streams) ? context.pointee.streams[index] : nil
  }

  /// The video stream that a player would show; cover pictures do not count.
  func bestVideoStream() throws(MediaError) -> UnsafeMutablePointer<AVStream> {
    let index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
    let candidates = streams.filter {
      $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO && $0.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    }
    if let best = candidates.first(where: { $0.pointee.index == index }) ?? candidates.first { return best }
    throw MediaError.noVideo(path: path)
  }

  /// Seconds, by the stream or the container.
  func duration(of stream: UnsafeMutablePointer<AVStream>) -> Double? {
    if stream.pointee.duration > 0 { return Double(stream.pointee.duration) * Rational(stream.pointee.time_base).value }
    if context.pointee.duration > 0 { return Double(context.pointee.duration) / Double(cff_time_base()) }
    return nil
  }

  /// When the earliest of the video and the sound begins, in microseconds. Broadcasts begin at any time, which is not to become a pause; MP4
  /// says so where a pause is meant.
  func firstTime(of video: UnsafeMutablePointer<AVStream>) -> Int64 {
    guard kind != "mov" else { return 0 }
    let picked = streams.filter { $0 == video || $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO }
    let times = picked.compactMap { stream in
      stream.pointee.start_time == cff_no_pts()
        ? nil : av_rescale_q(stream.pointee.start_time, stream.pointee.time_base, cff_time_base_q())
    }
    return max(0, times.min() ?? 0)
  }

  /// Whether reading may begin in the middle: not in a pipe, not where packets have no times, and not where each picture paints over the last.
  var canBeEnteredAnywhere: Bool { path != "-" && flags & AVFMT_NOTIMESTAMPS == 0 && kind != "gif" && kind != "apng" }

  /// Goes to a place to decode from at or before a time in microseconds, as far as the container knows one.
  func seek(to time: Int64) -> Bool {
    clock = ContinuousClock()
    return avformat_seek_file(context, -1, Int64.min, time, time, 0) >= 0
  }

  /// Whether decoding can begin with a packet after a jump. In MPEG streams not every packet has a time of its own, and those without are counted
  /// from where the file was entered, within a frame or between two.
  func canBegin(with packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    let isMPEG = kind == "mpeg" || kind == "mpegts"
    return packet.pointee.flags & AV_PKT_FLAG_KEY != 0 && (!isMPEG || packet.pointee.pts != cff_no_pts())
  }

  /// The first of the demuxer's names.
  var kind: String { format.split(separator: ",").first.map(String.init) ?? "" }

  private var flags: Int32 { context.pointee.iformat?.pointee.flags ?? 0 }

  /// Moves a packet's times where the container's clock may jump.
  private func straighten(_ packet: UnsafeMutablePointer<AVPacket>) {
    guard flags & AVFMT_TS_DISCONT != 0, let stream = stream(Int(packet.pointee.stream_index)) else { return }
    let base = stream.pointee.time_base
    let kind = stream.pointee.codecpar.pointee.codec_type
    var shift = clock.shift
    if packet.pointee.dts != cff_no_pts(), kind == AVMEDIA_TYPE_VIDEO || kind == AVMEDIA_TYPE_AUDIO {
      shift = clock.shift(
        stream: packet.pointee.stream_index, time: av_rescale_q(packet.pointee.dts, base, cff_time_base_q()),
        duration: av_rescale_q(packet.pointee.duration, base, cff_time_base_q()))
    }
    guard shift != 0 else { return }
    let ticks = av_rescale_q(shift, cff_time_base_q(), base)
    if packet.pointee.dts != cff_no_pts() { packet.pointee.dts += ticks }
    if packet.pointee.pts != cff_no_pts() { packet.pointee.pts += ticks }
  }

  /// The next packet, which the caller unreferences.
  func readPacket() throws(MediaError) -> Reading {
    let code = av_read_frame(context, packet)
    if code >= 0 {
      failures = 0
      lastPacketEnd = packet.pointee.pos + Int64(packet.pointee.size)
      straighten(packet)
      return .packet(packet)
    }
    if code == cff_error_eof() { return .end }
    failures += 1
    if code == cff_error_invalid_data(), failures < InputContext.patience { return .damaged }
    // What came before a broken end is kept, as players do.
    if code == cff_error_invalid_data() { return .end }
    throw MediaError.inputOutput(path: path, reason: "reading broke off: \(reason(code).lowercased())")
  }

  /// Containers that hold clips; text formats that name other files are not among them.
  private static let formats = [
    "mov,mp4,m4a,3gp,3g2,mj2", "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska,webm", "matroska", "webm", "avi", "gif",
    "apng",
    "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "yuv4mpegpipe", "h264", "hevc", "m4v", "mxf", "nut", "dv", "rm", "wtv",
    "ivf", "obu", "vob", "av1",
    // Sound alone is recognised so that its lack of pictures can be said.
    "mp3", "wav", "flac", "aac", "aiff", "caf",
  ].joined(separator: ",")
}
