internal import CFFmpeg

/// How a stream of the source comes into the output: as it is, or converted.
struct StreamCopy {
  var output: Int32
  var sourceBase: AVRational
  var converter: (any PacketConverter)?
}

/// Which streams an output has.
extension OutputContext {
  private typealias Stream = UnsafeMutablePointer<AVStream>

  /// Makes the output's streams: the stylized video first, then those of the source that the container takes.
  func plan(
    reader: VideoReader, encoder: FrameEncoder, container: VideoContainer
  ) throws(MediaError) -> (copies: [Int: StreamCopy], warnings: [String]) {
    try addVideo(reader: reader, encoder: encoder, container: container)
    var copies: [Int: StreamCopy] = [:]
    var warnings: [String] = []
    for source in reader.input.streams where source != reader.stream {
      let kind = source.pointee.codecpar.pointee.codec_type
      if container == .y4m || container == .gif {
        // These hold pictures alone, which nobody expects to sound; said only where a file is written.
        if container == .gif, kind == AVMEDIA_TYPE_AUDIO {
          warnings.append("\(shown): a GIF has no sound; the audio is left out")
        }
        continue
      }
      let codec = String(cString: avcodec_get_name(source.pointee.codecpar.pointee.codec_id))
      let stream = "stream \(source.pointee.index) (\(Metadata.name(of: kind)), \(codec)) of \(reader.info.path)"
      if takes(source, container) {
        copies[Int(source.pointee.index)] = try addCopy(of: source, container: container)
      } else if let converter = try converter(of: source, container: container, path: reader.info.path) {
        copies[Int(source.pointee.index)] = try add(converter, of: source)
        warnings.append("\(stream) cannot be kept in .\(container.rawValue); it is converted to \(converter.name)")
      } else if kind != AVMEDIA_TYPE_DATA {
        // A QuickTime time code, which is data, is written anew from the metadata.
        warnings.append(
          "\(stream) cannot be kept in .\(container.rawValue); "
            + (container == .mkv ? "it is left out" : "it is left out (.mkv keeps most streams)"))
      }
    }
    return (copies, warnings)
  }

  private func addVideo(reader: VideoReader, encoder: FrameEncoder, container: VideoContainer) throws(MediaError) {
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
  }

  /// Nil where the stream needs no packets.
  private func addCopy(of source: Stream, container: VideoContainer) throws(MediaError) -> StreamCopy? {
    let stream = try allocated(avformat_new_stream(context, nil), "avformat_new_stream")
    try check(avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar), "avcodec_parameters_copy")
    stream.pointee.codecpar.pointee.codec_tag = 0
    stream.pointee.time_base = source.pointee.time_base
    stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
    stream.pointee.disposition = source.pointee.disposition
    copyMetadata(source.pointee.metadata, to: &stream.pointee.metadata, dropping: [])
    if isCover(source), container == .mkv, try attach(source.pointee.attached_pic, to: stream) { return nil }
    return StreamCopy(output: stream.pointee.index, sourceBase: source.pointee.time_base)
  }

  private func converter(of source: Stream, container: VideoContainer, path: String) throws(MediaError) -> (any PacketConverter)?
  {
    switch source.pointee.codecpar.pointee.codec_type {
    case AVMEDIA_TYPE_AUDIO: try SoundConverter(of: source, for: container, globalHeader: wantsGlobalHeader, path: path)
    case AVMEDIA_TYPE_SUBTITLE: try SubtitleConverter(of: source, for: container)
    default: nil
    }
  }

  private func add(_ converter: any PacketConverter, of source: Stream) throws(MediaError) -> StreamCopy {
    let stream = try allocated(avformat_new_stream(context, nil), "avformat_new_stream")
    try check(avcodec_parameters_copy(stream.pointee.codecpar, converter.parameters), "avcodec_parameters_copy")
    stream.pointee.time_base = converter.timeBase.av
    stream.pointee.disposition = source.pointee.disposition
    copyMetadata(source.pointee.metadata, to: &stream.pointee.metadata, dropping: Metadata.ofEncoding)
    return StreamCopy(output: stream.pointee.index, sourceBase: source.pointee.time_base, converter: converter)
  }

  private func isCover(_ source: Stream) -> Bool { source.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 }

  /// Whether the container holds a stream as it is.
  private func takes(_ source: Stream, _ container: VideoContainer) -> Bool {
    switch source.pointee.codecpar.pointee.codec_type {
    case AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_SUBTITLE:
      // `mp4` claims some codecs only under its experimental flag, which players do not follow; and `mov` claims some that it then refuses.
      avformat_query_codec(context.pointee.oformat, source.pointee.codecpar.pointee.codec_id, FF_COMPLIANCE_NORMAL) == 1
        && isAcceptedInTrial(source)
    case AVMEDIA_TYPE_VIDEO: isCover(source) && container != .webm
    case AVMEDIA_TYPE_ATTACHMENT: container == .mkv
    default: false
    }
  }

  /// Whether the muxer begins a file, in memory, that has such a stream.
  private func isAcceptedInTrial(_ source: Stream) -> Bool {
    var made: UnsafeMutablePointer<AVFormatContext>?
    guard avformat_alloc_output_context2(&made, context.pointee.oformat, nil, nil) >= 0, let trial = made else { return false }
    defer { avformat_free_context(trial) }
    guard let stream = avformat_new_stream(trial, nil), avio_open_dyn_buf(&trial.pointee.pb) >= 0 else { return false }
    defer {
      var written: UnsafeMutablePointer<UInt8>?
      avio_close_dyn_buf(trial.pointee.pb, &written)
      av_free(written)
    }
    guard avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar) >= 0 else { return false }
    stream.pointee.codecpar.pointee.codec_tag = 0
    stream.pointee.time_base = source.pointee.time_base
    return avformat_write_header(trial, nil) >= 0
  }

  /// Makes a cover picture what Matroska has for it, an attached file; false for a kind that it has no name for, which stays a track.
  private func attach(_ cover: AVPacket, to stream: Stream) throws(MediaError) -> Bool {
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
}
