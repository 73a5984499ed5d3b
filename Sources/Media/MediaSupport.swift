internal import CFFmpeg

/// What the FFmpeg here can do.
public enum MediaSupport {
  /// FFmpeg's libraries and their versions.
  public static var libraries: [(name: String, version: String)] {
    [
      ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libavfilter", avfilter_version()),
      ("libswscale", swscale_version()), ("libavutil", avutil_version()),
    ].map { ($0.0, "\($0.1 >> 16).\($0.1 >> 8 & 255).\($0.1 & 255)") }
  }

  /// FFmpeg's own version.
  public static var version: String { String(cString: av_version_info()) }

  /// The names of `--codec`, each with its encoder here, or nil.
  public static var videoEncoders: [(codec: String, encoder: String?)] {
    VideoCodec.allCases.filter { $0 != .raw }.map { codec in
      (codec.rawValue, codec.encoder.map { String(cString: $0.pointee.name) })
    }
  }

  /// Whether a clip's codec goes by that name, or by that of an encoder of it.
  public static func knowsCodec(_ name: String) -> Bool { VideoCodec(name: name) != nil }

  /// Picture formats, and whether each can be read and written here.
  public static var pictures: [(format: String, reads: Bool, writes: Bool)] {
    [
      ("jpeg", AV_CODEC_ID_MJPEG, "mjpeg"), ("png", AV_CODEC_ID_PNG, "png"), ("webp", AV_CODEC_ID_WEBP, "libwebp"),
      ("tiff", AV_CODEC_ID_TIFF, nil), ("bmp", AV_CODEC_ID_BMP, nil),
    ].map { name, decoder, encoder in
      (name, avcodec_find_decoder(decoder) != nil, encoder.map { avcodec_find_encoder_by_name($0) != nil } ?? false)
    }
  }

  /// Whether high dynamic range clips can be tone-mapped.
  public static var toneMaps: Bool { FilterGraph.exists("zscale") && FilterGraph.exists("tonemap") }
}
