internal import CFFmpeg

/// Writes the frame rate into H.264 and HEVC streams. Encoders that take exact times write the time base's ticks there instead, which devices
/// read as thousands of frames a second.
final class BitstreamFilter {
  private var context: UnsafeMutablePointer<AVBSFContext>?

  /// Nil where the codec has no such field, or the rate is unknown or uneven.
  init?(
    rateOf codec: VideoCodec, rate: Rational, constant: Bool, parameters: UnsafeMutablePointer<AVCodecParameters>,
    timeBase: Rational
  ) throws(MediaError) {
    let name: String
    // A tick is a field in H.264, a frame in HEVC.
    let ticks: Int
    switch codec {
    case .h264: (name, ticks) = ("h264_metadata", 2)
    case .hevc: (name, ticks) = ("hevc_metadata", 1)
    default: return nil
    }
    guard constant, rate.value > 0, let filter = av_bsf_get_by_name(name) else { return nil }
    try check(av_bsf_alloc(filter, &context), name)
    guard let context else { throw MediaError.failed(step: name, reason: "out of memory") }
    try check(avcodec_parameters_copy(context.pointee.par_in, parameters), name)
    context.pointee.time_base_in = timeBase.av
    try check(av_opt_set(context.pointee.priv_data, "tick_rate", "\(rate.numerator * ticks)/\(rate.denominator)", 0), name)
    try check(av_bsf_init(context), name)
  }

  deinit { av_bsf_free(&context) }

  func copyParameters(to parameters: UnsafeMutablePointer<AVCodecParameters>) throws(MediaError) {
    guard let context else { return }
    try check(avcodec_parameters_copy(parameters, context.pointee.par_out), "bitstream filter")
  }

  /// Changes a packet in place: one in, one out.
  func apply(to packet: UnsafeMutablePointer<AVPacket>) throws(MediaError) {
    try check(av_bsf_send_packet(context, packet), "bitstream filter")
    try check(av_bsf_receive_packet(context, packet), "bitstream filter")
  }
}
