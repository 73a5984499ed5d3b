internal import CFFmpeg
internal import Imaging

/// Turns RGB frames into packets of the output's codec.
final class FrameEncoder {
  struct Shape {
    var width: Int
    var height: Int
    var alpha: Bool
    var aspect: Rational
    var timeBase: Rational
    var rate: Rational
    /// Whether all frames last equally long.
    var constantRate: Bool
    var color: Color
    var globalHeader: Bool
    var path: String
  }

  let context: UnsafeMutablePointer<AVCodecContext>
  /// The stream's parameters as they are to be written.
  private(set) var parameters: UnsafeMutablePointer<AVCodecParameters>
  private let tagger: BitstreamFilter?
  private let shape: Shape
  private let graph: FilterGraph
  private let packet: UnsafeMutablePointer<AVPacket>
  private let converted: UnsafeMutablePointer<AVFrame>
  /// Encoders of FFmpeg 5 forget durations on the way.
  private var durations: [Int64: Int64] = [:]

  init(codec: VideoCodec, quality: Int?, shape: Shape) throws(MediaError) {
    var shape = shape
    if !codec.tellsRange { shape.color.range = AVCOL_RANGE_MPEG }
    self.shape = shape
    guard let encoder = codec.encoder else {
      throw MediaError.unsupportedOutput(path: shape.path, reason: "this FFmpeg has no encoder for \(codec.rawValue)")
    }
    let name = String(cString: encoder.pointee.name)
    let format = codec.pixelFormat(width: shape.width, height: shape.height, alpha: shape.alpha)
    context = try allocated(avcodec_alloc_context3(encoder), "avcodec_alloc_context3")
    packet = try allocated(av_packet_alloc(), "av_packet_alloc")
    converted = try allocated(av_frame_alloc(), "av_frame_alloc")

    context.pointee.width = Int32(clamping: shape.width)
    context.pointee.height = Int32(clamping: shape.height)
    context.pointee.pix_fmt = format
    context.pointee.time_base = shape.timeBase.av
    context.pointee.framerate = shape.rate.value > 0 ? shape.rate.av : AVRational(num: 25, den: 1)
    context.pointee.sample_aspect_ratio = shape.aspect.av
    context.pointee.thread_count = 0
    if codec != .gif {
      context.pointee.colorspace = shape.color.matrix
      context.pointee.color_range = shape.color.range
      context.pointee.color_primaries = shape.color.primaries
      context.pointee.color_trc = shape.color.transfer
      context.pointee.chroma_sample_location = AVCHROMA_LOC_LEFT
    }
    if shape.globalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    if codec == .ffv1 { context.pointee.level = 3 }

    var options: OpaquePointer?
    for (key, value) in codec.options(encoder: name, quality: quality) { av_dict_set(&options, key, value, 0) }
    let code = avcodec_open2(context, encoder, &options)
    av_dict_free(&options)
    guard code >= 0 else {
      throw MediaError.unsupportedOutput(
        path: shape.path, reason: "\(name) refuses \(shape.width)x\(shape.height): \(reason(code).lowercased())")
    }

    parameters = try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc")
    try check(avcodec_parameters_from_context(parameters, context), "avcodec_parameters_from_context")
    tagger = try BitstreamFilter(
      rateOf: codec, rate: shape.rate, constant: shape.constantRate, parameters: parameters, timeBase: shape.timeBase)
    if let tagger { try tagger.copyParameters(to: parameters) }

    let input = try frame(
      of: ImageBuffer(width: shape.width, height: shape.height),
      alpha: shape.alpha ? [UInt8](repeating: 0, count: shape.width * shape.height) : nil)
    defer {
      var input: UnsafeMutablePointer<AVFrame>? = input
      av_frame_free(&input)
    }
    graph = try FilterGraph(
      FrameEncoder.chain(codec: codec, format: format, shape: shape),
      input: FilterGraph.Input(
        input, timeBase: shape.timeBase, rate: shape.rate,
        color: Color(
          matrix: AVCOL_SPC_RGB, range: AVCOL_RANGE_JPEG, primaries: AVCOL_PRI_UNSPECIFIED, transfer: AVCOL_TRC_UNSPECIFIED)))
  }

  deinit {
    free(context, by: avcodec_free_context)
    free(parameters, by: avcodec_parameters_free)
    free(packet, by: av_packet_free)
    free(converted, by: av_frame_free)
  }

  /// The filters from RGB to the encoder's format.
  private static func chain(codec: VideoCodec, format: AVPixelFormat, shape: Shape) -> String {
    if codec == .gif {
      // A palette for each frame: the best 256 colours for it, in memory that does not grow with the clip.
      return "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=sierra2_4a"
    }
    let name = av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "yuv420p"
    let matrix = shape.color.swscaleMatrix(width: shape.width, height: shape.height)
    let range = shape.color.range == AVCOL_RANGE_JPEG ? "pc" : "tv"
    return "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=\(matrix):out_range=\(range),format=\(name)"
  }

  /// Encodes a frame; finished packets go to `take`, their times in the shape's time base.
  func encode(_ next: VideoFrame, _ take: PacketTaker) throws(MediaError) {
    let alpha = shape.alpha ? next.alpha ?? [UInt8](repeating: 255, count: shape.width * shape.height) : nil
    var source: UnsafeMutablePointer<AVFrame>? = try frame(of: next.image, alpha: alpha)
    defer { av_frame_free(&source) }
    source?.pointee.pts = next.time
    source?.pointee.sample_aspect_ratio = shape.aspect.av
    source?.pointee.color_range = AVCOL_RANGE_JPEG
    source?.pointee.colorspace = AVCOL_SPC_RGB
    if next.duration > 0 { durations[next.time] = next.duration }
    try graph.send(source)
    try drainGraph(take)
  }

  /// How pictures stand for colours that go to the encoder as they are: 4:2:0 of 8 bits; nil where none do.
  var planarCoding: PlanarImage.Coding? {
    guard context.pointee.pix_fmt == AV_PIX_FMT_YUV420P, shape.width % 2 == 0, shape.height % 2 == 0 else { return nil }
    return shape.color.coding(width: shape.width, height: shape.height, format: AV_PIX_FMT_YUV420P.rawValue)
  }

  /// Whether a picture goes to the encoder as it is.
  func takes(_ image: PlanarImage) -> Bool {
    image.width == shape.width && image.height == shape.height && planarCoding == image.coding
  }

  /// Encodes a frame that the encoder takes as it is.
  func encode(
    _ next: PlanarFrame, _ take: PacketTaker
  ) throws(MediaError) {
    var source: UnsafeMutablePointer<AVFrame>? = try next.image.frame()
    defer { av_frame_free(&source) }
    guard let source else { return }
    source.pointee.pts = next.time
    source.pointee.sample_aspect_ratio = shape.aspect.av
    if next.duration > 0 { durations[next.time] = next.duration }
    try send(source, take)
  }

  /// Encodes what is still inside.
  func finish(_ take: PacketTaker) throws(MediaError) {
    try graph.send(nil)
    try drainGraph(take)
    try check(avcodec_send_frame(context, nil), "encoding")
    try drainEncoder(take)
  }

  private func drainGraph(_ take: PacketTaker) throws(MediaError) {
    while try graph.receive(into: converted) {
      defer { av_frame_unref(converted) }
      converted.pointee.pts = av_rescale_q(converted.pointee.pts, graph.timeBase.av, shape.timeBase.av)
      try send(converted, take)
    }
  }

  /// A frame of the encoder's format, with its time.
  private func send(
    _ frame: UnsafeMutablePointer<AVFrame>, _ take: PacketTaker
  ) throws(MediaError) {
    frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
    frame.pointee.colorspace = context.pointee.colorspace
    frame.pointee.color_range = context.pointee.color_range
    frame.pointee.color_primaries = context.pointee.color_primaries
    frame.pointee.color_trc = context.pointee.color_trc
    try check(avcodec_send_frame(context, frame), "encoding")
    try drainEncoder(take)
  }

  private func drainEncoder(_ take: PacketTaker) throws(MediaError) {
    try drain(context, by: packet) { packet throws(MediaError) in
      if let duration = durations.removeValue(forKey: packet.pointee.pts), packet.pointee.duration == 0 {
        packet.pointee.duration = duration
      }
      try tagger?.apply(to: packet)
      try take(packet)
    }
  }
}
