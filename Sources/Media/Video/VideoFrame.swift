internal import CFFmpeg
public import Imaging

/// One frame of a clip.
public struct VideoFrame: Sendable {
  /// The picture, upright, RGB.
  public var image: ImageBuffer
  /// Opacity, `width` x `height`, 0…255; nil where all is opaque.
  public var alpha: [UInt8]?
  /// When it is shown, in ticks of the clip's `timeBase`.
  public var time: Int64
  /// For how long, in the same ticks; 0 where the file does not say.
  public var duration: Int64
}

/// One frame of a clip as it is coded.
public struct PlanarFrame: Sendable {
  /// The picture, upright.
  public var image: PlanarImage
  /// When it is shown, in ticks of the clip's `timeBase`.
  public var time: Int64
  /// For how long, in the same ticks; 0 where the file does not say.
  public var duration: Int64

  /// A frame as it is coded.
  public init(image: PlanarImage, time: Int64, duration: Int64) {
    self.image = image
    self.time = time
    self.duration = duration
  }

  /// The same frame in RGB.
  public func inRGB() throws(MediaError) -> VideoFrame {
    VideoFrame(image: try image.inRGB(), alpha: nil, time: time, duration: duration)
  }
}

/// A fraction, such as a time base in seconds or a frame rate.
public struct Rational: Sendable, Hashable, CustomStringConvertible {
  /// Above the line.
  public var numerator: Int
  /// Below the line.
  public var denominator: Int

  /// A fraction.
  public init(_ numerator: Int, _ denominator: Int) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// As a number; 0 where the denominator is 0.
  public var value: Double { denominator == 0 ? 0 : Double(numerator) / Double(denominator) }
  /// `30000/1001`.
  public var description: String { "\(numerator)/\(denominator)" }

  init(_ value: AVRational) { self.init(Int(value.num), Int(value.den)) }
  var av: AVRational { AVRational(num: Int32(clamping: numerator), den: Int32(clamping: denominator)) }
}

/// A packet of a stream that is copied as it is: audio, subtitles, cover pictures.
public final class CopiedPacket: @unchecked Sendable {
  let packet: UnsafeMutablePointer<AVPacket>
  /// The stream's number in the source.
  public let stream: Int

  /// Takes over the packet's contents.
  init(moving source: UnsafeMutablePointer<AVPacket>) throws(MediaError) {
    packet = try allocated(av_packet_alloc(), "av_packet_alloc")
    stream = Int(source.pointee.stream_index)
    av_packet_move_ref(packet, source)
  }

  /// Shares the packet's contents.
  init(copying source: UnsafePointer<AVPacket>) throws(MediaError) {
    packet = try allocated(av_packet_alloc(), "av_packet_alloc")
    stream = Int(source.pointee.stream_index)
    try check(av_packet_ref(packet, source), "av_packet_ref")
  }

  deinit {
    free(packet, by: av_packet_free)
  }
}

/// What a reader gives, in the file's order.
public enum VideoItem: Sendable {
  /// A decoded frame.
  case frame(VideoFrame)
  /// A decoded frame as it is coded, where that was asked for and can be.
  case planes(PlanarFrame)
  /// A packet to copy.
  case packet(CopiedPacket)

  /// Whether it is a frame, in RGB or as it is coded.
  public var isPicture: Bool { if case .packet = self { false } else { true } }
}
