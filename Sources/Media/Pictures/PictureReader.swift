internal import CFFmpeg
internal import Imaging

extension Picture {
  /// Reads a picture: JPEG, PNG, WebP, TIFF or BMP by its contents, whatever its name. `longerSide` scales it.
  public init(contentsOf path: String, longerSide: Int? = nil) throws(MediaError) {
    try self.init(bytes: try readFile(path), path: path, longerSide: longerSide)
  }

  /// Reads a picture in its own size; `chroma` tells how a JPEG's chroma is interpolated.
  public init(contentsOf path: String, chroma: ChromaInterpolation) throws(MediaError) {
    try self.init(bytes: try readFile(path), path: path, chroma: chroma) { ($0, $1) }
  }

  /// Reads a picture and scales it to the size that `fit` makes of its own upright width and height.
  public init(
    contentsOf path: String, fittedBy fit: (_ width: Int, _ height: Int) -> (width: Int, height: Int)
  ) throws(MediaError) {
    try self.init(bytes: try readFile(path), path: path, fittedBy: fit)
  }

  /// Decodes a picture; `path` names it in errors.
  public init(bytes: [UInt8], path: String, longerSide: Int? = nil) throws(MediaError) {
    try self.init(bytes: bytes, path: path) { scaledSize(width: $0, height: $1, longerSide: longerSide) }
  }

  /// Decodes a picture and scales it to the size that `fit` makes of its own upright width and height; `path` names it in errors.
  public init(
    bytes: [UInt8], path: String, chroma: ChromaInterpolation = .sharp,
    fittedBy fit: (_ width: Int, _ height: Int) -> (width: Int, height: Int)
  ) throws(MediaError) {
    guard let format = PictureFormat(bytes: bytes) else {
      throw MediaError.notUsable(path: path, reason: "it is none of JPEG, PNG, WebP, TIFF and BMP")
    }
    if format == .webp, WebPContainer.isAnimated(bytes) {
      throw MediaError.notUsable(
        path: path, reason: "it is an animated WebP, which FFmpeg does not read; convert it to GIF or MP4")
    }
    if format == .jpeg, !JPEGContainer.isComplete(bytes) {
      throw MediaError.notUsable(path: path, reason: "it is damaged or cut short")
    }
    metadata = PictureMetadata()
    let exif = ExifBlock.find(in: bytes, format: format)
    let orientation = exif.map { Orientation(exif: $0.orientation) } ?? .upright
    metadata.exif = exif?.normalised().bytes
    if format == .png { metadata.chunks = PNGChunk.describing(in: bytes) }

    var decoded: UnsafeMutablePointer<AVFrame>? = try Picture.decode(bytes, format: format, path: path)
    defer { av_frame_free(&decoded) }
    metadata.profile = decoded.flatMap { Picture.profile(of: $0) }
    if chroma == .linear, format == .jpeg, let stored = decoded, let converted = try JPEGColors.rgb(stored) {
      av_frame_free(&decoded)
      decoded = converted
    }
    guard let frame = decoded else { throw MediaError.notUsable(path: path, reason: "it holds no picture") }

    let descriptor = av_pix_fmt_desc_get(AVPixelFormat(frame.pointee.format))
    let flags = descriptor?.pointee.flags ?? 0
    let deep = (descriptor?.pointee.comp.0.depth ?? 8) > 8
    let hasAlpha = flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 || frame.pointee.format == AV_PIX_FMT_PAL8.rawValue
    let turned = orientation.swapsSides
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    let size = turned ? fit(height, width) : fit(width, height)
    try checkScaling(toWidth: size.width, height: size.height, path: path)
    let canvas = turned ? (size.height, size.width) : (size.width, size.height)
    var scale = "scale=w=\(canvas.0):h=\(canvas.1):flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
    if flags & UInt64(AV_PIX_FMT_FLAG_RGB) == 0, frame.pointee.format != AV_PIX_FMT_PAL8.rawValue {
      // JPEG and WebP mean BT.601; WebP's numbers are limited to 16…235.
      scale += ":in_color_matrix=smpte170m:in_range=\(format == .webp ? "tv" : "pc")"
    }
    let target = "format=" + (deep ? (hasAlpha ? "rgba64" : "rgb48") : (hasAlpha ? "rgba" : "rgb24"))
    let filters = [scale, target] + orientation.filters
    frame.pointee.pts = 0
    frame.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    let graph = try FilterGraph(
      filters.joined(separator: ","),
      input: FilterGraph.Input(frame, timeBase: Rational(1, 1), rate: Rational(0, 1), color: Color(frame)))
    let result = try allocated(av_frame_alloc(), "av_frame_alloc")
    defer {
      var result: UnsafeMutablePointer<AVFrame>? = result
      av_frame_free(&result)
    }
    try graph.send(frame)
    av_frame_free(&decoded)
    guard try graph.receive(into: result) else { throw MediaError.notUsable(path: path, reason: "it holds no picture") }
    (image, alpha) = Picture.samples(of: result, depth: deep ? .sixteen : .eight, hasAlpha: hasAlpha)
  }

  private static func decode(
    _ bytes: [UInt8], format: PictureFormat, path: String
  ) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
    av_log_set_level(AV_LOG_QUIET)
    let identifier: AVCodecID =
      switch format {
      case .jpeg: AV_CODEC_ID_MJPEG
      case .png: AV_CODEC_ID_PNG
      case .webp: AV_CODEC_ID_WEBP
      case .tiff: AV_CODEC_ID_TIFF
      case .bmp: AV_CODEC_ID_BMP
      }
    guard let codec = avcodec_find_decoder(identifier) else {
      throw MediaError.notUsable(path: path, reason: "this FFmpeg does not decode \(format.rawValue)")
    }
    let tiff = format == .tiff ? TIFFContainer(bytes) : nil
    if let tiff, let form = tiff.unreadableForm {
      throw MediaError.notUsable(path: path, reason: "it is a TIFF \(form), which FFmpeg does not read; convert it to PNG")
    }
    if let tiff, !tiff.isComplete { throw MediaError.notUsable(path: path, reason: "it is damaged or cut short") }
    let bytes = tiff?.bare ?? bytes
    var context = avcodec_alloc_context3(codec)
    defer { avcodec_free_context(&context) }
    context?.pointee.thread_count = 1
    // A damaged picture is refused rather than stylized with holes in it.
    if tiff?.isPlain ?? true { context?.pointee.err_recognition = AV_EF_EXPLODE }
    try check(avcodec_open2(context, codec, nil), "avcodec_open2")
    var packet = av_packet_alloc()
    defer { av_packet_free(&packet) }
    try check(av_new_packet(packet, Int32(clamping: bytes.count)), "av_new_packet")
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress {
        packet?.pointee.data.update(from: base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
      }
    }
    let frame = try allocated(av_frame_alloc(), "av_frame_alloc")
    var code = avcodec_send_packet(context, packet)
    if code >= 0 {
      avcodec_send_packet(context, nil)
      code = avcodec_receive_frame(context, frame)
    }
    let broken = frame.pointee.decode_error_flags != 0 || frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
    if code < 0 || broken {
      var unused: UnsafeMutablePointer<AVFrame>? = frame
      av_frame_free(&unused)
      throw MediaError.notUsable(path: path, reason: "it is damaged or cut short")
    }
    return frame
  }

  /// The frame's ICC profile, where it is one for RGB: those for grey and CMYK do not fit the result.
  private static func profile(of frame: UnsafeMutablePointer<AVFrame>) -> [UInt8]? {
    guard let side = av_frame_get_side_data(frame, AV_FRAME_DATA_ICC_PROFILE), side.pointee.size > 132 else { return nil }
    let profile = [UInt8](UnsafeBufferPointer(start: side.pointee.data, count: side.pointee.size))
    return profile[16..<20].elementsEqual("RGB ".utf8) ? profile : nil
  }

  private static func samples(
    of frame: UnsafeMutablePointer<AVFrame>, depth: ImageBuffer.Depth, hasAlpha: Bool
  ) -> (ImageBuffer, [UInt8]?) {
    if depth == .eight { return pixels(of: frame, hasAlpha: hasAlpha) }
    let width = Int(frame.pointee.width)
    let height = Int(frame.pointee.height)
    let stride = Int(frame.pointee.linesize.0)
    guard let data = frame.pointee.data.0 else { return (ImageBuffer(width: width, height: height, depth: depth), nil) }
    let channels = hasAlpha ? 4 : 3
    var alpha = [UInt16](repeating: .max, count: hasAlpha ? width * height : 0)
    var opaque = true
    let image = ImageBuffer(width: width, height: height, depth: depth) { bytes in
      let target = bytes.bindMemory(to: UInt16.self)
      for row in 0..<height {
        let source = UnsafeRawPointer(data + row * stride).assumingMemoryBound(to: UInt16.self)
        for column in 0..<width {
          let to = row * width + column
          for channel in 0..<3 { target[to * 3 + channel] = source[column * channels + channel] }
          if hasAlpha {
            alpha[to] = source[column * 4 + 3]
            opaque = opaque && alpha[to] == .max
          }
        }
      }
    }
    return (image, opaque ? nil : alpha.withUnsafeBytes { [UInt8]($0) })
  }
}
