internal import CFFmpeg
public import Imaging

extension PlanarImage {
  /// A decoded frame's picture.
  init(_ frame: UnsafeMutablePointer<AVFrame>, coding: Coding) {
    let data = [frame.pointee.data.0, frame.pointee.data.1, frame.pointee.data.2]
    let strides = [frame.pointee.linesize.0, frame.pointee.linesize.1, frame.pointee.linesize.2].map(Int.init)
    self.init(width: Int(frame.pointee.width), height: Int(frame.pointee.height), coding: coding) { target in
      for (index, plane) in PlanarImage.planes(width: Int(frame.pointee.width), height: Int(frame.pointee.height)).enumerated() {
        guard let from = data[index] else { continue }
        for row in 0..<plane.height {
          UnsafeMutableRawBufferPointer(rebasing: target[(plane.start + row * plane.width)...]).copyMemory(
            from: UnsafeRawBufferPointer(start: from + row * strides[index], count: plane.width))
        }
      }
    }
  }

  /// The picture as a new frame of `yuv420p`, which is the caller's.
  func frame() throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
    let frame = try emptyFrame(width: width, height: height, format: AV_PIX_FMT_YUV420P)
    let data = [frame.pointee.data.0, frame.pointee.data.1, frame.pointee.data.2]
    let strides = [frame.pointee.linesize.0, frame.pointee.linesize.1, frame.pointee.linesize.2].map(Int.init)
    bytes.withUnsafeBytes { source in
      for (index, plane) in PlanarImage.planes(width: width, height: height).enumerated() {
        guard let to = data[index] else { continue }
        for row in 0..<plane.height {
          let start = plane.start + row * plane.width
          UnsafeMutableRawBufferPointer(start: to + row * strides[index], count: plane.width)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + plane.width]))
        }
      }
    }
    return frame
  }

  /// The picture in RGB, by FFmpeg's scaler.
  public func inRGB() throws(MediaError) -> ImageBuffer {
    var source: UnsafeMutablePointer<AVFrame>? = try frame()
    var target: UnsafeMutablePointer<AVFrame>? = try allocated(av_frame_alloc(), "av_frame_alloc")
    defer {
      av_frame_free(&source)
      av_frame_free(&target)
    }
    guard let source, let target else { return ImageBuffer(width: width, height: height) }
    let matrix = Color.swscaleMatrices.first { $0.red == coding.red && $0.blue == coding.blue }?.name ?? "bt709"
    let graph = try FilterGraph(
      "scale=flags=\(Color.toRGB):in_color_matrix=\(matrix):in_range=\(coding.isFullRange ? "pc" : "tv"),format=rgb24",
      input: FilterGraph.Input(source, timeBase: Rational(1, 25), rate: Rational(25, 1), color: .bt709))
    try graph.send(source)
    try graph.send(nil)
    guard try graph.receive(into: target) else { return ImageBuffer(width: width, height: height) }
    return pixels(of: target, hasAlpha: false).0
  }
}
