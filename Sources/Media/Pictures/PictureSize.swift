internal import CFFmpeg

extension PictureFormat {
  /// The longest side that a file of the format has, in pixels.
  var longestSide: Int {
    switch self {
    case .jpeg: 65_500
    case .webp: 16_383
    case .png, .tiff, .bmp: Int(Int32.max)
    }
  }

  /// Refuses a size that a file of the format cannot have; asked before painting, it saves the painting.
  ///
  /// - Parameters:
  ///   - width: columns.
  ///   - height: rows.
  ///   - path: the file, for the error.
  /// - Throws: `MediaError.unsupportedOutput`.
  public func checkSize(width: Int, height: Int, path: String) throws(MediaError) {
    guard max(width, height) <= longestSide else {
      throw MediaError.unsupportedOutput(
        path: path,
        reason: "\(rawValue) holds at most \(longestSide) pixels a side, the picture is \(width)x\(height); write .png")
    }
  }
}

/// Refuses a size that no picture and no frame can be scaled to: FFmpeg holds about 268 million pixels.
///
/// - Parameters:
///   - width: columns.
///   - height: rows.
///   - path: what is scaled, for the error.
/// - Throws: `MediaError.tooLarge`.
public func checkScaling(toWidth width: Int, height: Int, path: String) throws(MediaError) {
  let fits = av_image_check_size2(UInt32(clamping: width), UInt32(clamping: height), Int64.max, AV_PIX_FMT_NONE, 0, nil) >= 0
  guard fits else { throw MediaError.tooLarge(path: path, width: width, height: height) }
}
