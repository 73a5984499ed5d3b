internal import CFFmpeg

/// A decoded frame that is kept for later.
final class KeptFrame {
  let frame: UnsafeMutablePointer<AVFrame>
  /// When it is shown, in the stream's ticks.
  let time: Int64

  /// Takes over the frame's contents.
  init(moving source: UnsafeMutablePointer<AVFrame>, time: Int64) throws(MediaError) {
    frame = try allocated(av_frame_alloc(), "av_frame_alloc")
    self.time = time
    av_frame_move_ref(frame, source)
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = frame
    av_frame_free(&frame)
  }
}
