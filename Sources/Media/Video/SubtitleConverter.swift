internal import CFFmpeg

/// Decodes a stream of written subtitles and encodes it anew. Subtitles that are pictures stay what they are.
///
/// Belongs to one thread at a time.
final class SubtitleConverter: PacketConverter {
  let name: String
  let parameters: UnsafeMutablePointer<AVCodecParameters>
  /// Milliseconds, which is what subtitles are timed in.
  let timeBase = Rational(1, 1000)
  let failure: MediaError? = nil

  private let decoder: UnsafeMutablePointer<AVCodecContext>
  private let encoder: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  /// Room for one, more than any takes.
  private var text = [UInt8](repeating: 0, count: 1 << 20)

  /// Nil where the stream is no text, or this FFmpeg lacks a codec.
  init?(of stream: UnsafeMutablePointer<AVStream>, for container: VideoContainer) throws(MediaError) {
    let identifier = stream.pointee.codecpar.pointee.codec_id
    guard let properties = avcodec_descriptor_get(identifier)?.pointee.props, properties & AV_CODEC_PROP_TEXT_SUB != 0,
      let format = SubtitleConverter.format(for: container), let decoding = avcodec_find_decoder(identifier),
      let encoding = avcodec_find_encoder_by_name(format.encoder)
    else { return nil }
    name = format.name
    decoder = try allocated(avcodec_alloc_context3(decoding), "avcodec_alloc_context3")
    encoder = try allocated(avcodec_alloc_context3(encoding), "avcodec_alloc_context3")
    packet = try allocated(av_packet_alloc(), "av_packet_alloc")
    parameters = try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc")
    guard avcodec_parameters_to_context(decoder, stream.pointee.codecpar) >= 0 else { return nil }
    decoder.pointee.pkt_timebase = stream.pointee.time_base
    guard avcodec_open2(decoder, decoding, nil) >= 0 else { return nil }
    encoder.pointee.time_base = timeBase.av
    // Decoders give, and encoders take, the lines of the ASS format under this header.
    let size = Int(decoder.pointee.subtitle_header_size)
    if size > 0, let header = decoder.pointee.subtitle_header {
      let copy = try allocated(av_mallocz(size + 1), "av_mallocz").assumingMemoryBound(to: UInt8.self)
      copy.update(from: header, count: size)
      encoder.pointee.subtitle_header = copy
      encoder.pointee.subtitle_header_size = Int32(size)
    }
    guard avcodec_open2(encoder, encoding, nil) >= 0 else { return nil }
    try check(avcodec_parameters_from_context(parameters, encoder), "avcodec_parameters_from_context")
  }

  deinit {
    free(decoder, by: avcodec_free_context)
    free(encoder, by: avcodec_free_context)
    free(packet, by: av_packet_free)
    free(parameters, by: avcodec_parameters_free)
  }

  /// What a container's players expect.
  private static func format(for container: VideoContainer) -> (encoder: String, name: String)? {
    switch container {
    case .mp4, .mov: ("mov_text", "timed text")
    case .webm: ("webvtt", "WebVTT")
    case .mkv: ("srt", "SubRip")
    case .gif, .y4m: nil
    }
  }

  func convert(_ next: UnsafeMutablePointer<AVPacket>, _ take: PacketTaker) throws(MediaError) {
    var subtitle = AVSubtitle()
    var isThere: Int32 = 0
    // A damaged subtitle is left out.
    guard avcodec_decode_subtitle2(decoder, &subtitle, &isThere, next) >= 0, isThere != 0 else { return }
    defer { avsubtitle_free(&subtitle) }
    guard subtitle.pts != cff_no_pts(), subtitle.num_rects > 0, subtitle.end_display_time > subtitle.start_display_time else {
      return
    }
    let begin = av_rescale_q(subtitle.pts, cff_time_base_q(), timeBase.av) + Int64(subtitle.start_display_time)
    let length = subtitle.end_display_time - subtitle.start_display_time
    subtitle.pts = av_rescale_q(begin, timeBase.av, cff_time_base_q())
    (subtitle.start_display_time, subtitle.end_display_time) = (0, length)
    let size = avcodec_encode_subtitle(encoder, &text, Int32(text.count), &subtitle)
    guard size > 0 else { return }
    try check(av_new_packet(packet, size), "av_new_packet")
    defer { av_packet_unref(packet) }
    packet.pointee.data.update(from: text, count: Int(size))
    (packet.pointee.pts, packet.pointee.dts, packet.pointee.duration) = (begin, begin, Int64(length))
    packet.pointee.flags |= AV_PKT_FLAG_KEY
    try take(packet)
  }

  func finish(_ take: PacketTaker) throws(MediaError) {}
}
