internal import CFFmpeg
internal import Imaging

/// What has to be done to a decoded frame until it is the one asked for.
extension VideoReader {
  var orientation: Orientation { cff_display_matrix(stream).map(Orientation.init(matrix:)) ?? .upright }

  func uprightSize(of frame: UnsafeMutablePointer<AVFrame>) -> (width: Int, height: Int) {
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    return orientation.swapsSides ? (height, width) : (width, height)
  }

  private func isInterlaced(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    cff_frame_is_interlaced(frame) != 0 || [AV_FIELD_TT, AV_FIELD_BB].contains(stream.pointee.codecpar.pointee.field_order)
  }

  /// How a frame stands for colours that goes on as it is; nil for one that has to be RGB.
  func coding(of frame: UnsafeMutablePointer<AVFrame>, _ tags: Color) -> PlanarImage.Coding? {
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    guard options.planes, options.frameRate == nil, !tags.isHDR, !isInterlaced(frame), orientation.filters.isEmpty,
      [AV_PIX_FMT_YUV420P.rawValue, AV_PIX_FMT_YUVJ420P.rawValue].contains(frame.pointee.format),
      width % 2 == 0, height % 2 == 0, let size, size == (width, height)
    else { return nil }
    return tags.coding(width: width, height: height, format: frame.pointee.format)
  }

  /// The filters from a decoded frame to an upright RGB one of the size asked for.
  func chain(_ frame: UnsafeMutablePointer<AVFrame>, _ tags: Color) throws(MediaError) -> String {
    let format = frame.pointee.format
    let matrix = orientation
    let (width, height) = uprightSize(of: frame)
    var filters: [String] = []
    if isInterlaced(frame) { filters.append("bwdif=mode=send_frame:deint=interlaced") }
    if tags.isHDR {
      guard FilterGraph.exists("zscale"), FilterGraph.exists("tonemap") else {
        throw MediaError.notUsable(
          path: info.path, reason: "it is high dynamic range, and this FFmpeg has no zscale filter to tone-map it")
      }
      let transfer = tags.transfer == AVCOL_TRC_SMPTE2084 ? "smpte2084" : "arib-std-b67"
      filters.append(
        "zscale=tin=\(transfer):min=2020_ncl:pin=2020:rin=\(tags.range == AVCOL_RANGE_JPEG ? "full" : "limited"):t=linear:npl=203"
      )
      filters.append("format=gbrpf32le,zscale=p=709,tonemap=tonemap=mobius:desat=0,zscale=t=709:m=gbr:r=full,format=gbrp")
    }
    let target = size ?? (width, height)
    let canvas = matrix.swapsSides ? (target.height, target.width) : (target.width, target.height)
    var scale = "scale=w=\(canvas.0):h=\(canvas.1):flags=\(Color.toRGB)"
    if !tags.isHDR {
      scale +=
        ":in_color_matrix=\(tags.swscaleMatrix(width: width, height: height)):in_range=\(tags.swscaleRange(format: format))"
    }
    filters.append(scale)
    filters.append(hasAlpha ? "format=rgba" : "format=rgb24")
    filters += matrix.filters
    if let rate = options.frameRate { filters.append("fps=fps=\(rate)") }
    return filters.joined(separator: ",")
  }
}
