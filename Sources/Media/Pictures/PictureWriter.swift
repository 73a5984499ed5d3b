internal import CFFmpeg
internal import Imaging

extension Picture {
  /// Writes the picture as JPEG, PNG or WebP by the path's extension. It appears when it is whole. Gives back what could not be kept, a sentence each.
  @discardableResult
  public func write(to path: String, replace: Bool = false) throws(MediaError) -> [String] {
    guard let format = PictureFormat(outputPath: path) else {
      throw MediaError.unsupportedOutput(
        path: path, reason: "pictures are written as .jpg, .png or .webp; give one of these extensions")
    }
    let file = try AtomicFile(target: path, replace: replace)
    var warnings: [String] = []
    try file.write(try encoded(as: format, path: path, warnings: &warnings))
    try file.commit()
    return warnings
  }

  /// The picture as a file's bytes. `quantizer` is JPEG's: 2 for the best, up to 31 for the smallest.
  public func encoded(
    as format: PictureFormat, path: String, quantizer: Int = 2, warnings: inout [String]
  ) throws(MediaError) -> [UInt8] {
    av_log_set_level(AV_LOG_QUIET)
    try format.checkSize(width: image.width, height: image.height, path: path)
    var picture = self
    if format == .jpeg, alpha != nil {
      picture = laidOnWhite()
      warnings.append("\(path): JPEG has no transparency; the picture is laid on white (write .png or .webp to keep it)")
    }
    let deep = image.depth == .sixteen && format == .png
    let bytes: [UInt8]
    switch format {
    case .jpeg:
      bytes = try picture.encoded(
        by: "mjpeg", "scale=flags=accurate_rnd+full_chroma_int:out_color_matrix=smpte170m:out_range=pc,format=yuvj444p",
        path: path, quantizer: quantizer)
      return JPEGContainer.inserting(metadata, into: bytes)
    case .png:
      let name = alpha == nil ? (deep ? "rgb48be" : "rgb24") : (deep ? "rgba64be" : "rgba")
      bytes = try picture.encoded(by: "png", "format=\(name)", path: path)
      return PNGChunk.inserting(metadata, into: bytes)
    case .webp:
      bytes = try picture.encoded(by: "libwebp", "format=bgra", path: path)
      return WebPContainer.inserting(metadata, into: bytes, width: image.width, height: image.height, hasAlpha: alpha != nil)
    case .tiff, .bmp:
      throw MediaError.unsupportedOutput(path: path, reason: "pictures are written as .jpg, .png or .webp")
    }
  }

  private func encoded(
    by encoder: String, _ filters: String, path: String, quantizer: Int = 2
  ) throws(MediaError) -> [UInt8] {
    guard let codec = avcodec_find_encoder_by_name(encoder) else {
      throw MediaError.unsupportedOutput(path: path, reason: "this FFmpeg has no encoder \(encoder)")
    }
    var source: UnsafeMutablePointer<AVFrame>? = try fullFrame()
    defer { av_frame_free(&source) }
    guard let frame = source else { throw MediaError.failed(step: "av_frame_alloc", reason: "out of memory") }
    frame.pointee.pts = 0
    let graph = try FilterGraph(
      filters,
      input: FilterGraph.Input(frame, timeBase: Rational(1, 25), rate: Rational(0, 1), color: Color(frame)))
    try graph.send(frame)
    av_frame_free(&source)
    var converted = av_frame_alloc()
    defer { av_frame_free(&converted) }
    guard let converted, try graph.receive(into: converted) else { throw MediaError.failed(step: "encoding", reason: "no frame") }

    var context = avcodec_alloc_context3(codec)
    defer { avcodec_free_context(&context) }
    guard let context else { throw MediaError.failed(step: "encoding", reason: "out of memory") }
    context.pointee.width = converted.pointee.width
    context.pointee.height = converted.pointee.height
    context.pointee.pix_fmt = AVPixelFormat(converted.pointee.format)
    context.pointee.time_base = AVRational(num: 1, den: 25)
    context.pointee.sample_aspect_ratio = AVRational(num: 0, den: 1)
    converted.pointee.sample_aspect_ratio = AVRational(num: 0, den: 1)
    context.pointee.thread_count = 1
    context.pointee.flags |= AV_CODEC_FLAG_BITEXACT
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    switch encoder {
    case "mjpeg":
      context.pointee.color_range = AVCOL_RANGE_JPEG
      context.pointee.flags |= AV_CODEC_FLAG_QSCALE
      let quality = Int32(clamping: max(1, min(31, quantizer))) * FF_QP2LAMBDA
      context.pointee.global_quality = quality
      converted.pointee.quality = quality
    case "png": av_dict_set(&options, "pred", "mixed", 0)
    default: av_dict_set(&options, "quality", "92", 0)
    }
    let opened = avcodec_open2(context, codec, &options)
    guard opened >= 0 else {
      throw MediaError.unsupportedOutput(path: path, reason: "\(encoder) refuses the picture: \(reason(opened).lowercased())")
    }
    var packet = av_packet_alloc()
    defer { av_packet_free(&packet) }
    try check(avcodec_send_frame(context, converted), "encoding")
    avcodec_send_frame(context, nil)
    try check(avcodec_receive_packet(context, packet), "encoding")
    guard let packet else { throw MediaError.failed(step: "encoding", reason: "out of memory") }
    return [UInt8](UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
  }

  /// A frame of the picture's depth, with opacity where there is some.
  private func fullFrame() throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
    if image.depth == .eight { return try Media.frame(of: image, alpha: alpha) }
    let frame = try allocated(av_frame_alloc(), "av_frame_alloc")
    frame.pointee.width = Int32(image.width)
    frame.pointee.height = Int32(image.height)
    frame.pointee.format = (alpha == nil ? AV_PIX_FMT_RGB48LE : AV_PIX_FMT_RGBA64LE).rawValue
    try check(av_frame_get_buffer(frame, 0), "av_frame_get_buffer")
    let channels = alpha == nil ? 3 : 4
    let stride = Int(frame.pointee.linesize.0)
    guard let data = frame.pointee.data.0 else { return frame }
    image.withUnsafeBytes { raw in
      let source = raw.bindMemory(to: UInt16.self)
      (alpha ?? []).withUnsafeBytes { rawAlpha in
        let opacity = rawAlpha.bindMemory(to: UInt16.self)
        for row in 0..<image.height {
          let target = UnsafeMutableRawPointer(data + row * stride).assumingMemoryBound(to: UInt16.self)
          for column in 0..<image.width {
            let from = row * image.width + column
            for channel in 0..<3 { target[column * channels + channel] = source[from * 3 + channel].littleEndian }
            if channels == 4 { target[column * 4 + 3] = opacity[from].littleEndian }
          }
        }
      }
    }
    return frame
  }

  private func laidOnWhite() -> Picture {
    var picture = self
    picture.alpha = nil
    guard let alpha else { return picture }
    let maximum = image.depth.maximum
    picture.image.withUnsafeMutableBytes { bytes in
      for pixel in 0..<image.pixels {
        for channel in 0..<3 {
          let index = pixel * 3 + channel
          if image.depth == .eight {
            bytes[index] = UInt8(laid(Int(bytes[index]), Int(alpha[pixel]), maximum))
          } else {
            let value = bytes.load(fromByteOffset: index * 2, as: UInt16.self)
            let opacity = alpha.withUnsafeBytes { $0.load(fromByteOffset: pixel * 2, as: UInt16.self) }
            bytes.storeBytes(of: UInt16(laid(Int(value), Int(opacity), maximum)), toByteOffset: index * 2, as: UInt16.self)
          }
        }
      }
    }
    return picture
  }

  private func laid(_ value: Int, _ alpha: Int, _ maximum: Int) -> Int {
    (value * alpha + maximum * (maximum - alpha) + maximum / 2) / maximum
  }
}
