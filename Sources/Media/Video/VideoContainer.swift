internal import CFFmpeg

/// The containers that clips are written to, and what goes into them.
public enum VideoContainer: String, Sendable, CaseIterable {
  case mp4, mov, mkv, webm, gif
  /// Raw frames for a pipe.
  case y4m

  /// The container that a file name's extension asks for.
  public init?(path: String) {
    guard path != "-" else {
      self = .y4m
      return
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let suffix = name[name.index(after: dot)...].lowercased()
    switch suffix {
    case "m4v": self = .mp4
    default: self.init(rawValue: suffix)
    }
  }

  var muxer: String {
    switch self {
    case .mp4: "mp4"
    case .mov: "mov"
    case .mkv: "matroska"
    case .webm: "webm"
    case .gif: "gif"
    case .y4m: "yuv4mpegpipe"
    }
  }

  /// Codecs in the order of preference, by the names that `--codec` takes.
  var codecs: [VideoCodec] {
    switch self {
    case .mp4: [.h264, .hevc, .av1, .vp9]
    case .mov: [.h264, .hevc, .prores]
    case .mkv: [.h264, .hevc, .av1, .vp9, .ffv1, .prores]
    case .webm: [.vp9, .av1]
    case .gif: [.gif]
    case .y4m: [.raw]
    }
  }
}

/// A video codec, and how to set its encoder.
enum VideoCodec: String, CaseIterable {
  case h264, hevc, vp9, av1, prores, ffv1, gif, raw

  /// By its name or an encoder's.
  init?(name: String) {
    switch name.lowercased() {
    case "h264", "libx264", "x264", "avc": self = .h264
    case "hevc", "libx265", "x265", "h265": self = .hevc
    case "vp9", "libvpx-vp9": self = .vp9
    case "av1", "libsvtav1", "libaom-av1": self = .av1
    case "prores", "prores_ks": self = .prores
    case "ffv1": self = .ffv1
    default: return nil
    }
  }

  /// Encoders that can make it, best first.
  var encoders: [String] {
    switch self {
    case .h264: ["libx264", "h264_videotoolbox", "libopenh264"]
    case .hevc: ["libx265", "hevc_videotoolbox"]
    case .vp9: ["libvpx-vp9"]
    case .av1: ["libsvtav1", "libaom-av1"]
    case .prores: ["prores_ks"]
    case .ffv1: ["ffv1"]
    case .gif: ["gif"]
    case .raw: ["wrapped_avframe"]
    }
  }

  /// The encoder of this FFmpeg, or nil.
  var encoder: UnsafePointer<AVCodec>? {
    encoders.lazy.compactMap { avcodec_find_encoder_by_name($0) }.first
  }

  /// The pixel format for a picture of a size. With odd sides 4:2:0 is impossible in H.264 and HEVC, and swscale shifts its chroma in
  /// VP9, so those keep full chroma.
  func pixelFormat(width: Int, height: Int, alpha: Bool) -> AVPixelFormat {
    let odd = width % 2 == 1 || height % 2 == 1
    switch self {
    case .gif: return AV_PIX_FMT_PAL8
    case .prores: return alpha ? AV_PIX_FMT_YUVA444P10LE : AV_PIX_FMT_YUV422P10LE
    case .ffv1: return alpha ? AV_PIX_FMT_YUVA444P : AV_PIX_FMT_YUV444P
    case .vp9: return alpha ? AV_PIX_FMT_YUVA420P : odd ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P
    case .raw, .av1: return AV_PIX_FMT_YUV420P
    case .h264, .hevc: return odd ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P
    }
  }

  /// Whether it keeps opacity.
  var keepsAlpha: Bool { [.gif, .prores, .ffv1, .vp9].contains(self) }

  /// Whether it says whether its numbers are of full range; what does not is read as limited.
  var tellsRange: Bool { self != .prores }

  /// The range of its quality number; nil where it has none.
  var qualityRange: ClosedRange<Int>? {
    switch self {
    case .h264, .hevc: 0...51
    case .vp9, .av1: 0...63
    default: nil
    }
  }

  /// The quality number that looks as good as x264's 18.
  var defaultQuality: Int? {
    switch self {
    case .h264: 18
    case .hevc: 20
    case .vp9: 24
    case .av1: 24
    default: nil
    }
  }

  /// The encoder's private options.
  func options(encoder: String, quality: Int?) -> [(String, String)] {
    let quality = quality ?? defaultQuality
    switch encoder {
    // Strokes are what grain is to a film: `tune=film` has this of psychovisual trellis, too.
    case "libx264": return [("crf", "\(quality ?? 18)"), ("preset", "medium"), ("psy-rd", "1.0,0.15")]
    case "libx265": return [("crf", "\(quality ?? 20)"), ("preset", "medium"), ("x265-params", "log-level=none")]
    case "libvpx-vp9":
      return [("crf", "\(quality ?? 24)"), ("b", "0"), ("deadline", "good"), ("cpu-used", "4"), ("row-mt", "1")]
    case "libsvtav1": return [("crf", "\(quality ?? 24)"), ("preset", "8")]
    case "libaom-av1": return [("crf", "\(quality ?? 24)"), ("b", "0"), ("cpu-used", "6"), ("row-mt", "1")]
    case "prores_ks": return [("profile", "4444")]
    default: return []
    }
  }
}
