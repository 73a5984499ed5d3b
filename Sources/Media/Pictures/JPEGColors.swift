internal import CFFmpeg

/// How chroma that was stored at half resolution becomes whole again.
public enum ChromaInterpolation: Sendable {
  /// Lanczos: sharper edges of colour, what networks are trained on and paint.
  case sharp
  /// A triangle, as libjpeg has it: what browsers, viewers and other programs see.
  case linear
}

/// Decoded JPEG planes to RGB by libjpeg's formulas, to the bit: its "fancy" upsampling, and JFIF's colours in 16-bit fixed point.
enum JPEGColors {
  /// The frame as `rgb24`; nil for what is not 8-bit YCbCr with chroma at whole or half resolution.
  static func rgb(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) -> UnsafeMutablePointer<AVFrame>? {
    let halved: (across: Bool, down: Bool)
    switch AVPixelFormat(frame.pointee.format) {
    case AV_PIX_FMT_YUVJ444P: halved = (false, false)
    case AV_PIX_FMT_YUVJ422P: halved = (true, false)
    case AV_PIX_FMT_YUVJ440P: halved = (false, true)
    case AV_PIX_FMT_YUVJ420P: halved = (true, true)
    default: return nil
    }
    let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
    guard let luma = frame.pointee.data.0, let blue = frame.pointee.data.1, let red = frame.pointee.data.2 else { return nil }
    let result = try allocated(av_frame_alloc(), "av_frame_alloc")
    result.pointee.width = frame.pointee.width
    result.pointee.height = frame.pointee.height
    result.pointee.format = AV_PIX_FMT_RGB24.rawValue
    do throws(MediaError) {
      try check(av_frame_get_buffer(result, 0), "av_frame_get_buffer")
    } catch {
      var owned: UnsafeMutablePointer<AVFrame>? = result
      av_frame_free(&owned)
      throw error
    }
    guard let target = result.pointee.data.0 else { return result }
    let blues = Plane(blue, stride: Int(frame.pointee.linesize.1), width: width, height: height, halved: halved)
    let reds = Plane(red, stride: Int(frame.pointee.linesize.2), width: width, height: height, halved: halved)
    var (cb, cr) = ([Int](repeating: 0, count: width), [Int](repeating: 0, count: width))
    for y in 0..<height {
      blues.row(y, into: &cb)
      reds.row(y, into: &cr)
      let from = luma + y * Int(frame.pointee.linesize.0)
      let to = target + y * Int(result.pointee.linesize.0)
      for x in 0..<width { store(Int(from[x]), cb[x] - 128, cr[x] - 128, to + 3 * x) }
    }
    return result
  }

  /// JFIF 1.02: R = Y + 1.402 Cr, G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.772 Cb.
  private static func store(_ y: Int, _ cb: Int, _ cr: Int, _ to: UnsafeMutablePointer<UInt8>) {
    let half = 1 << 15
    to[0] = UInt8(max(0, min(255, y + (91_881 * cr + half) >> 16)))
    to[1] = UInt8(max(0, min(255, y + (-22_554 * cb - 46_802 * cr + half) >> 16)))
    to[2] = UInt8(max(0, min(255, y + (116_130 * cb + half) >> 16)))
  }

  /// A chroma plane that is read row by row at the picture's size.
  private struct Plane {
    let pixels: UnsafePointer<UInt8>
    let stride: Int
    let width: Int
    let columns: Int
    let rows: Int
    let halved: (across: Bool, down: Bool)

    init(_ pixels: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int, halved: (across: Bool, down: Bool)) {
      self.pixels = pixels
      self.stride = stride
      self.width = width
      self.halved = halved
      columns = halved.across ? (width + 1) / 2 : width
      rows = halved.down ? (height + 1) / 2 : height
    }

    /// Three parts of the nearer sample, one of the farther one, both ways; rounded up and down in turns, as libjpeg does.
    func row(_ y: Int, into row: inout [Int]) {
      let near = pixels + (halved.down ? y / 2 : y) * stride
      let other = halved.down ? max(0, min(rows - 1, y / 2 + (y % 2 == 0 ? -1 : 1))) : y
      let far = pixels + other * stride
      func column(_ x: Int) -> Int {
        halved.down ? 3 * Int(near[x]) + Int(far[x]) : Int(near[x])
      }
      guard halved.across else {
        for x in 0..<width { row[x] = halved.down ? (column(x) + (y % 2 == 0 ? 1 : 2)) >> 2 : column(x) }
        return
      }
      for x in 0..<width {
        let nearer = column(x / 2)
        let farther = column(max(0, min(columns - 1, x / 2 + (x % 2 == 0 ? -1 : 1))))
        row[x] =
          halved.down
          ? (3 * nearer + farther + (x % 2 == 0 ? 8 : 7)) >> 4 : (3 * nearer + farther + (x % 2 == 0 ? 1 : 2)) >> 2
      }
    }
  }
}
