internal import CFFmpeg
internal import Imaging

/// How a clip's numbers stand for colours (ITU-T H.273).
struct Color: Sendable, Equatable {
  var matrix: AVColorSpace
  var range: AVColorRange
  var primaries: AVColorPrimaries
  var transfer: AVColorTransferCharacteristic

  /// The tags of a frame.
  init(_ frame: UnsafePointer<AVFrame>) {
    matrix = frame.pointee.colorspace
    range = frame.pointee.color_range
    primaries = frame.pointee.color_primaries
    transfer = frame.pointee.color_trc
  }

  init(matrix: AVColorSpace, range: AVColorRange, primaries: AVColorPrimaries, transfer: AVColorTransferCharacteristic) {
    self.matrix = matrix
    self.range = range
    self.primaries = primaries
    self.transfer = transfer
  }

  /// BT.709, limited range: what RGB sources and tone-mapped ones become.
  static let bt709 = Color(
    matrix: AVCOL_SPC_BT709, range: AVCOL_RANGE_MPEG, primaries: AVCOL_PRI_BT709, transfer: AVCOL_TRC_BT709)

  /// Whether the transfer function is one of high dynamic range (SMPTE ST 2084 or ARIB STD-B67).
  var isHDR: Bool { transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67 }

  /// The matrix to compute with: the tag, or where there is none what players assume from the size.
  func swscaleMatrix(width: Int, height: Int) -> String {
    switch matrix {
    case AVCOL_SPC_BT709: "bt709"
    case AVCOL_SPC_FCC: "fcc"
    case AVCOL_SPC_BT470BG: "bt470bg"
    case AVCOL_SPC_SMPTE170M: "smpte170m"
    case AVCOL_SPC_SMPTE240M: "smpte240m"
    case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: "bt2020"
    default: width >= 1280 || height > 576 ? "bt709" : "smpte170m"
    }
  }

  /// FFmpeg's names of matrices, and the shares of red and blue in luma that each stands for.
  static let swscaleMatrices: [(name: String, red: Float, blue: Float)] = [
    ("bt709", 0.2126, 0.0722), ("fcc", 0.30, 0.11), ("bt470bg", 0.299, 0.114), ("smpte170m", 0.299, 0.114),
    ("smpte240m", 0.212, 0.087), ("bt2020", 0.2627, 0.0593),
  ]

  /// How the scaler goes to RGB.
  static let toRGB = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"

  /// How the numbers of frames of a size and format stand for colours; nil where that is not known here.
  func coding(width: Int, height: Int, format: Int32) -> PlanarImage.Coding? {
    let name = swscaleMatrix(width: width, height: height)
    guard let matrix = Color.swscaleMatrices.first(where: { $0.name == name }) else { return nil }
    return PlanarImage.Coding(red: matrix.red, blue: matrix.blue, isFullRange: swscaleRange(format: format) == "pc")
  }

  /// The range to compute with.
  func swscaleRange(format: Int32) -> String {
    if range == AVCOL_RANGE_JPEG { return "pc" }
    if range == AVCOL_RANGE_MPEG { return "tv" }
    return Color.impliesFullRange(AVPixelFormat(format)) ? "pc" : "tv"
  }

  /// Whether a pixel format is full range by its name (`yuvj…`).
  static func impliesFullRange(_ format: AVPixelFormat) -> Bool {
    [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P].contains(format)
  }

  /// The tags that the stylized clip carries: the source's, with what cannot be written as 8-bit YUV replaced.
  func forOutput(format: Int32) -> Color {
    var color = self
    let descriptor = av_pix_fmt_desc_get(AVPixelFormat(format))
    let isRGB = (descriptor?.pointee.flags ?? 0) & UInt64(AV_PIX_FMT_FLAG_RGB) != 0 || format == AV_PIX_FMT_PAL8.rawValue
    if isHDR { return .bt709 }
    if isRGB {
      color.matrix = AVCOL_SPC_BT709
      color.range = AVCOL_RANGE_MPEG
      if color.primaries == AVCOL_PRI_UNSPECIFIED { color.primaries = AVCOL_PRI_BT709 }
      if color.transfer == AVCOL_TRC_UNSPECIFIED { color.transfer = AVCOL_TRC_BT709 }
      return color
    }
    if Color.impliesFullRange(AVPixelFormat(format)) { color.range = AVCOL_RANGE_JPEG }
    switch color.matrix {
    case AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_BT709, AVCOL_SPC_FCC, AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M, AVCOL_SPC_SMPTE240M,
      AVCOL_SPC_BT2020_NCL:
      break
    case AVCOL_SPC_BT2020_CL: color.matrix = AVCOL_SPC_BT2020_NCL
    default: color.matrix = AVCOL_SPC_UNSPECIFIED
    }
    return color
  }
}
