internal import CFFmpeg

/// Takes a packet that is finished.
typealias PacketTaker = (UnsafeMutablePointer<AVPacket>) throws(MediaError) -> Void

/// Hands over the packets that an encoder has finished, one after the other in `packet`.
func drain(
  _ encoder: UnsafeMutablePointer<AVCodecContext>, by packet: UnsafeMutablePointer<AVPacket>, _ take: PacketTaker
) throws(MediaError) {
  while true {
    let code = avcodec_receive_packet(encoder, packet)
    if code == cff_error_again() || code == cff_error_eof() { return }
    try check(code, "encoding")
    defer { av_packet_unref(packet) }
    try take(packet)
  }
}

/// Makes packets that a container holds of those that it does not.
protocol PacketConverter: AnyObject {
  /// What they are converted to, as people know it.
  var name: String { get }
  /// What the output's stream holds.
  var parameters: UnsafeMutablePointer<AVCodecParameters> { get }
  /// The unit of the finished packets' times.
  var timeBase: Rational { get }
  /// Why the stream ends early; nil where it does not.
  var failure: MediaError? { get }

  /// Converts a packet of the source, its times in the source's unit. What is damaged is left out. Throws what `take` throws.
  func convert(_ next: UnsafeMutablePointer<AVPacket>, _ take: PacketTaker) throws(MediaError)
  /// Converts what is still inside.
  func finish(_ take: PacketTaker) throws(MediaError)
}
