internal import CFFmpeg

/// One stream's decoder. Damaged packets are left out and counted; too many in a row end the work.
final class Decoder {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let frame: UnsafeMutablePointer<AVFrame>
  private let path: String
  /// What the stream is to people.
  private let noun: String
  private var inRow = 0
  private var untaken = 0
  /// All failures so far.
  private(set) var failures = 0

  private static let patience = 500

  init(stream: UnsafeMutablePointer<AVStream>, path: String) throws(MediaError) {
    self.path = path
    let parameters = stream.pointee.codecpar
    noun = stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO ? "sound" : "video"
    let identifier = stream.pointee.codecpar.pointee.codec_id
    guard let codec = Decoder.forOpacity(stream) ?? avcodec_find_decoder(identifier) else {
      throw MediaError.notUsable(
        path: path, reason: "this FFmpeg has no decoder for its \(noun) (\(String(cString: avcodec_get_name(identifier))))")
    }
    context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3")
    frame = try allocated(av_frame_alloc(), "av_frame_alloc")
    try check(avcodec_parameters_to_context(context, parameters), "avcodec_parameters_to_context")
    context.pointee.pkt_timebase = stream.pointee.time_base
    context.pointee.thread_count = 0
    let code = avcodec_open2(context, codec, nil)
    guard code >= 0 else {
      throw MediaError.notUsable(path: path, reason: "its \(noun) cannot be decoded: \(reason(code).lowercased())")
    }
  }

  deinit {
    free(frame, by: av_frame_free)
    free(context, by: avcodec_free_context)
  }

  /// WebM keeps opacity beside the pictures, where FFmpeg's own decoders of VP8 and VP9 do not look.
  private static func forOpacity(_ stream: UnsafeMutablePointer<AVStream>) -> UnsafePointer<AVCodec>? {
    guard let mode = av_dict_get(stream.pointee.metadata, "alpha_mode", nil, 0), String(cString: mode.pointee.value) == "1" else {
      return nil
    }
    switch stream.pointee.codecpar.pointee.codec_id {
    case AV_CODEC_ID_VP8: return avcodec_find_decoder_by_name("libvpx")
    case AV_CODEC_ID_VP9: return avcodec_find_decoder_by_name("libvpx-vp9")
    default: return nil
    }
  }

  /// How samples of sound stand for their values.
  var sampleFormat: AVSampleFormat { context.pointee.sample_fmt }

  /// Sends a packet in; nil ends the stream. All frames must have been received before.
  func send(_ packet: UnsafeMutablePointer<AVPacket>?) throws(MediaError) {
    let code = avcodec_send_packet(context, packet)
    if code < 0, code != cff_error_eof() { try failed(code) }
  }

  /// The next frame, which the caller unreferences; nil where none is ready.
  func receive() throws(MediaError) -> UnsafeMutablePointer<AVFrame>? {
    while true {
      let code = avcodec_receive_frame(context, frame)
      if code >= 0 {
        inRow = 0
        return frame
      }
      if code == cff_error_again() || code == cff_error_eof() { return nil }
      try failed(code)
    }
  }

  /// Forgets what came before a jump, failures too.
  func reset() {
    avcodec_flush_buffers(context)
    (failures, inRow, untaken) = (0, 0, 0)
  }

  /// The failures since the last call.
  func takeFailures() -> Int {
    defer { untaken = 0 }
    return untaken
  }

  private func failed(_ code: Int32) throws(MediaError) {
    failures += 1
    untaken += 1
    inRow += 1
    if inRow > Decoder.patience {
      throw MediaError.notUsable(path: path, reason: "its \(noun) is damaged: \(reason(code).lowercased())")
    }
  }
}
