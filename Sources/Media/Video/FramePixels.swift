internal import CFFmpeg
internal import Imaging

/// The packed RGB of an `rgb24` or `rgba` frame, and its opacity where `hasAlpha` and any of it is not opaque.
func pixels(of frame: UnsafeMutablePointer<AVFrame>, hasAlpha: Bool) -> (ImageBuffer, [UInt8]?) {
  let width = Int(frame.pointee.width)
  let height = Int(frame.pointee.height)
  let stride = Int(frame.pointee.linesize.0)
  guard let data = frame.pointee.data.0 else { return (ImageBuffer(width: width, height: height), nil) }
  guard hasAlpha else {
    let image = ImageBuffer(width: width, height: height) { target in
      for row in 0..<height {
        UnsafeMutableRawBufferPointer(rebasing: target[row * width * 3..<(row + 1) * width * 3])
          .copyMemory(from: UnsafeRawBufferPointer(start: data + row * stride, count: width * 3))
      }
    }
    return (image, nil)
  }
  var alpha = [UInt8](repeating: 255, count: width * height)
  var opaque = true
  let image = ImageBuffer(width: width, height: height) { target in
    for row in 0..<height {
      let source = data + row * stride
      for column in 0..<width {
        let to = (row * width + column) * 3
        target[to] = source[column * 4]
        target[to + 1] = source[column * 4 + 1]
        target[to + 2] = source[column * 4 + 2]
        alpha[row * width + column] = source[column * 4 + 3]
        opaque = opaque && source[column * 4 + 3] == 255
      }
    }
  }
  return (image, opaque ? nil : alpha)
}

/// Fills a new frame with a picture, as `rgb24`, or `rgba` where there is opacity.
func frame(of image: ImageBuffer, alpha: [UInt8]?) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
  let frame = try emptyFrame(width: image.width, height: image.height, format: alpha == nil ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGBA)
  let stride = Int(frame.pointee.linesize.0)
  if let data = frame.pointee.data.0 {
    image.withUnsafeBytes { source in
      for row in 0..<image.height {
        if let alpha {
          for column in 0..<image.width {
            let from = (row * image.width + column) * 3
            let to = data + row * stride + column * 4
            to[0] = source[from]
            to[1] = source[from + 1]
            to[2] = source[from + 2]
            to[3] = alpha[row * image.width + column]
          }
        } else {
          UnsafeMutableRawBufferPointer(start: data + row * stride, count: image.rowBytes)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[row * image.rowBytes..<(row + 1) * image.rowBytes]))
        }
      }
    }
  }
  return frame
}

/// A new frame with room for a picture, which is the caller's.
func emptyFrame(width: Int, height: Int, format: AVPixelFormat) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
  let frame = try allocated(av_frame_alloc(), "av_frame_alloc")
  frame.pointee.width = Int32(width)
  frame.pointee.height = Int32(height)
  frame.pointee.format = format.rawValue
  var owned: UnsafeMutablePointer<AVFrame>? = frame
  do throws(MediaError) {
    try check(av_frame_get_buffer(frame, 0), "av_frame_get_buffer")
  } catch {
    av_frame_free(&owned)
    throw error
  }
  return frame
}
