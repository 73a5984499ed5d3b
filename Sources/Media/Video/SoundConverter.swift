internal import CFFmpeg

/// The codecs that sound is converted to where the output cannot hold it as it is.
enum SoundCodec: String {
  case aac = "AAC"
  case opus = "Opus"
  case flac = "FLAC"

  /// What a container's players expect; what keeps everything where any codec will do.
  init?(container: VideoContainer) {
    switch container {
    case .mp4, .mov: self = .aac
    case .webm: self = .opus
    case .mkv: self = .flac
    case .gif, .y4m: return nil
    }
  }

  var encoder: UnsafePointer<AVCodec>? {
    switch self {
    case .aac: avcodec_find_encoder_by_name("aac")
    case .opus: avcodec_find_encoder_by_name("libopus")
    case .flac: avcodec_find_encoder_by_name("flac")
    }
  }

  /// Samples a second: the source's where the codec has that rate, otherwise the next above, or its highest.
  func rate(for source: Int32) -> Int32 {
    switch self {
    case .opus: 48_000
    case .flac: min(source, 655_350)
    case .aac:
      [7350, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000]
        .first { $0 >= source } ?? 96_000
    }
  }

  /// Mono, stereo, 5.0 or 5.1, which every player knows; what lies between is mixed into fewer.
  func channels(for source: Int32) -> Int32 {
    switch source {
    case ...1: 1
    case 2...4: 2
    case 5: 5
    default: 6
    }
  }

  func sampleFormat(for source: AVSampleFormat) -> AVSampleFormat {
    switch self {
    case .aac: AV_SAMPLE_FMT_FLTP
    case .opus: AV_SAMPLE_FMT_FLT
    case .flac: av_get_bytes_per_sample(source) <= 2 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32
    }
  }

  /// Bits a second at which conversion is not heard.
  func bitRate(channels: Int32) -> Int64 {
    switch self {
    case .aac: Int64(channels) * 96_000
    case .opus: Int64(channels) * 80_000
    case .flac: 0
    }
  }
}

/// Decodes a stream of sound and encodes it anew. Gaps become silence, so that it stays with the picture.
///
/// Belongs to one thread at a time.
final class SoundConverter: PacketConverter {
  var name: String { codec.rawValue }
  let parameters: UnsafeMutablePointer<AVCodecParameters>
  var timeBase: Rational { Rational(context.pointee.time_base) }

  private(set) var failure: MediaError?

  private let codec: SoundCodec
  private let decoder: Decoder
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let sourceBase: Rational
  private let packet: UnsafeMutablePointer<AVPacket>
  private let frame: UnsafeMutablePointer<AVFrame>
  private var graph: FilterGraph?
  private var graphInput: FilterGraph.SoundInput?
  /// Samples of every frame but the last; 0 where any number will do.
  private var frameSize: Int32 = 0

  /// Nil where this FFmpeg cannot decode the stream, or has no encoder for the container.
  init?(of stream: UnsafeMutablePointer<AVStream>, for container: VideoContainer, globalHeader: Bool, path: String)
    throws(MediaError)
  {
    guard let source = stream.pointee.codecpar, let codec = SoundCodec(container: container), let encoder = codec.encoder,
      source.pointee.sample_rate > 0, source.pointee.ch_layout.nb_channels > 0,
      let decoder = try? Decoder(stream: stream, path: path)
    else { return nil }
    self.codec = codec
    self.decoder = decoder
    sourceBase = Rational(stream.pointee.time_base)
    context = try allocated(avcodec_alloc_context3(encoder), "avcodec_alloc_context3")
    packet = try allocated(av_packet_alloc(), "av_packet_alloc")
    frame = try allocated(av_frame_alloc(), "av_frame_alloc")
    parameters = try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc")
    let rate = codec.rate(for: source.pointee.sample_rate)
    let channels = codec.channels(for: source.pointee.ch_layout.nb_channels)
    context.pointee.sample_rate = rate
    context.pointee.time_base = AVRational(num: 1, den: rate)
    av_channel_layout_default(&context.pointee.ch_layout, channels)
    context.pointee.sample_fmt = codec.sampleFormat(for: decoder.sampleFormat)
    context.pointee.bit_rate = codec.bitRate(channels: channels)
    if globalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    guard avcodec_open2(context, encoder, nil) >= 0 else { return nil }
    try check(avcodec_parameters_from_context(parameters, context), "avcodec_parameters_from_context")
    let isFree = encoder.pointee.capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE != 0
    frameSize = isFree ? 0 : context.pointee.frame_size
  }

  deinit {
    free(context, by: avcodec_free_context)
    free(parameters, by: avcodec_parameters_free)
    free(packet, by: av_packet_free)
    free(frame, by: av_frame_free)
  }

  func convert(_ next: UnsafeMutablePointer<AVPacket>, _ take: PacketTaker) throws(MediaError) {
    try untilFailure { () throws(MediaError) in
      try decoder.send(next)
      try drainDecoder(take)
    }
  }

  func finish(_ take: PacketTaker) throws(MediaError) {
    try untilFailure { () throws(MediaError) in
      try decoder.send(nil)
      try drainDecoder(take)
      try graph?.send(nil)
      try drainGraph(isLast: true, take)
      try check(avcodec_send_frame(context, nil), "encoding sound")
      try drain(context, by: packet, take)
    }
  }

  /// Pictures are worth more than their sound: where it cannot be converted any further, it ends.
  private func untilFailure(_ body: () throws(MediaError) -> Void) throws(MediaError) {
    guard failure == nil else { return }
    do {
      try body()
    } catch {
      switch error {
      case .failed, .notUsable: failure = error
      default: throw error
      }
    }
  }

  private func drainDecoder(_ take: PacketTaker) throws(MediaError) {
    while let decoded = try decoder.receive() {
      defer { av_frame_unref(decoded) }
      if decoded.pointee.ch_layout.order != AV_CHANNEL_ORDER_NATIVE {
        let channels = decoded.pointee.ch_layout.nb_channels
        av_channel_layout_uninit(&decoded.pointee.ch_layout)
        av_channel_layout_default(&decoded.pointee.ch_layout, channels)
      }
      if decoded.pointee.best_effort_timestamp != cff_no_pts() { decoded.pointee.pts = decoded.pointee.best_effort_timestamp }
      let input = FilterGraph.SoundInput(decoded, timeBase: sourceBase)
      if input != graphInput {
        try graph?.send(nil)
        try drainGraph(isLast: false, take)
        graph = try FilterGraph(chain, input: input, frameSize: frameSize)
        graphInput = input
      }
      try graph?.send(decoded)
      try drainGraph(isLast: false, take)
    }
  }

  private var chain: String {
    let format = av_get_sample_fmt_name(context.pointee.sample_fmt).map { String(cString: $0) } ?? "fltp"
    return "aresample=async=1,aformat=sample_fmts=\(format):sample_rates=\(context.pointee.sample_rate)"
      + ":channel_layouts=\(FilterGraph.SoundInput.name(of: &context.pointee.ch_layout))"
  }

  private func drainGraph(isLast: Bool, _ take: PacketTaker) throws(MediaError) {
    while let graph, try graph.receive(into: frame) {
      defer { av_frame_unref(frame) }
      // Only the end may be short: where the sound's form changes, up to a frame is lost.
      if !isLast, frame.pointee.nb_samples < frameSize { continue }
      frame.pointee.pts = av_rescale_q(frame.pointee.pts, graph.timeBase.av, context.pointee.time_base)
      try check(avcodec_send_frame(context, frame), "encoding sound")
      try drain(context, by: packet, take)
    }
  }
}
