internal import CFFmpeg
internal import Imaging

/// Reads a clip: decoded frames, upright and RGB, and the packets of its other streams.
///
/// Belongs to one thread at a time.
public final class VideoReader: @unchecked Sendable {
  /// What the clip is.
  public internal(set) var info: VideoInfo
  /// Packets and frames that were damaged and left out.
  public private(set) var damaged = 0
  /// Set at the end where the file is cut short within the part asked for.
  public private(set) var earlyEnd: EarlyEnd?

  private(set) var input: InputContext
  private(set) var stream: UnsafeMutablePointer<AVStream>
  /// The tags that a stylized copy carries.
  var color = Color.bt709
  /// Whether the source's numbers are RGB or have another form that the output cannot keep.
  var sampleAspect = Rational(1, 1)
  /// Whether frames carry opacity.
  var hasAlpha = false
  /// The copy of a packet's times starts here: ticks of microseconds that become zero.
  let origin: Int64

  /// The longer side that frames are scaled to.
  var longerSide: Int? { options.longerSide }
  /// Seconds that were asked for.
  var readDuration: Double? { options.duration }
  /// Whether the times of the file's frames are known to be uneven.
  var hasVariableRate: Bool {
    let average = Rational(stream.pointee.avg_frame_rate).value
    let real = Rational(stream.pointee.r_frame_rate).value
    return options.frameRate == nil && average > 0 && real > 0 && abs(average / real - 1) > 0.01
  }

  let options: VideoReadOptions
  private(set) var decoder: Decoder
  let filtered: UnsafeMutablePointer<AVFrame>
  var graph: FilterGraph?
  var graphInput: FilterGraph.Input?
  var pending: [VideoItem] = []
  private var next = 0
  private var frames = 0
  var ended = false
  var pastWindow = false
  /// Whether subtitles that begin before the start are known already.
  var skipsEarlierSubtitles = false
  /// The last frame before the start, which is on screen until the next.
  var kept: KeptFrame?
  /// When the first decoded frame is shown, whether it is asked for or not.
  var firstTime: Int64?
  /// When the first frame that was given is shown.
  var firstGiven: Int64?
  /// When the last decoded frame is no longer shown.
  var lastEnd: Int64?
  /// Whether packets are left out until one that can be decoded without those before.
  private var waitsForKey = false
  /// Whether reading ended with the file, before the end of the part asked for.
  private var isAtFileEnd = false
  /// The size of the frames that are given.
  var size: (width: Int, height: Int)?
  var lastTime: Int64?
  let window: ClosedRange<Int64>
  let streamBase: Rational

  /// Opens a clip, or Y4M on standard input where `path` is `-`, and decodes its first frame.
  public init(path: String, options: VideoReadOptions = VideoReadOptions()) throws(MediaError) {
    self.options = options
    input = try InputContext(path: path)
    stream = try input.bestVideoStream()
    decoder = try Decoder(stream: stream, path: path)
    filtered = try allocated(av_frame_alloc(), "av_frame_alloc")

    streamBase = Rational(stream.pointee.time_base)
    let begin = input.context.pointee.start_time == cff_no_pts() ? 0 : input.context.pointee.start_time
    let start = options.start.map { begin + Int64($0 * Double(cff_time_base())) }
    origin = start ?? input.firstTime(of: stream)
    let base = stream.pointee.time_base
    let first = start.map { av_rescale_q($0, cff_time_base_q(), base) }
    let last = options.duration.map {
      av_rescale_q((start ?? begin) + Int64($0 * Double(cff_time_base())), cff_time_base_q(), base) - 1
    }
    let lower = first ?? Int64.min
    window = lower...max(lower, last ?? Int64.max)

    let declared = Rational(av_guess_frame_rate(input.context, stream, nil))
    let rate = options.frameRate ?? declared
    let whole = input.duration(of: stream)
    let duration = whole.map { min(max(0, $0 - (options.start ?? 0)), options.duration ?? .infinity) }
    let parameters = stream.pointee.codecpar.pointee
    var frames: Int? =
      options.start == nil && options.duration == nil && options.frameRate == nil && stream.pointee.nb_frames > 0
      ? Int(stream.pointee.nb_frames) : nil
    if frames == nil, let duration, rate.value > 0 { frames = max(1, Int((duration * rate.value).rounded())) }
    let transfer = parameters.color_trc
    info = VideoInfo(
      path: path, width: Int(parameters.width), height: Int(parameters.height),
      timeBase: options.frameRate.map { Rational($0.denominator, $0.numerator) } ?? streamBase, frameRate: rate,
      duration: duration, frames: frames, codec: String(cString: avcodec_get_name(parameters.codec_id)),
      container: input.format, isHDR: transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67)

    if let start, start > begin {
      let subtitles = try earlierSubtitles(at: start, begin: begin)
      try go(to: start, begin: begin)
      pending.insert(contentsOf: subtitles, at: 0)
    }
    pending.insert(contentsOf: try covers(), at: 0)
    while !ended, !pending.contains(where: \.isPicture) { try advance() }
    guard pending.contains(where: \.isPicture) else {
      if decoder.failures > 0 { throw MediaError.notUsable(path: path, reason: "none of its video frames can be decoded") }
      guard start != nil, let lastEnd else { throw MediaError.noFrames(path: path) }
      let first = av_rescale_q(begin, cff_time_base_q(), base)
      throw MediaError.beyondEnd(path: path, end: Double(lastEnd - first) * streamBase.value)
    }
  }

  deinit {
    free(filtered, by: av_frame_free)
  }

  /// The next frame or packet in the file's order; nil at the end.
  public func read() throws(MediaError) -> VideoItem? {
    while next == pending.count {
      if ended {
        noticeEarlyEnd()
        return nil
      }
      pending.removeAll(keepingCapacity: true)
      next = 0
      try advance()
    }
    defer { next += 1 }
    if pending[next].isPicture { frames += 1 }
    return pending[next]
  }

  /// Goes to where the picture that is on screen at `start` can be decoded from (microseconds, as `begin`, the clip's own start). Formats
  /// without an index, such as MPEG-TS, are entered anywhere, so what comes is looked at; where it comes too late, another try begins earlier.
  private func go(to start: Int64, begin: Int64) throws(MediaError) {
    guard input.canBeEnteredAnywhere else { return }
    for seconds in [0, 2, 8, 32] as [Int64] {
      let target = start - seconds * cff_time_base()
      guard target > begin, input.seek(to: target) else { break }
      forget()
      waitsForKey = true
      while !ended, firstTime == nil { try advance() }
      if let firstTime, firstTime <= window.lowerBound { return }
    }
    let index = stream.pointee.index
    input = try InputContext(path: info.path)
    guard let again = input.stream(Int(index)) else { throw MediaError.noVideo(path: info.path) }
    stream = again
    decoder = try Decoder(stream: again, path: info.path)
    forget()
  }

  /// Forgets what was read before a jump.
  private func forget() {
    decoder.reset()
    (graph, graphInput, kept) = (nil, nil, nil)
    (firstTime, firstGiven, lastTime, lastEnd) = (nil, nil, nil, nil)
    (ended, pastWindow, isAtFileEnd, waitsForKey) = (false, false, false, false)
    pending = []
    damaged = 0
  }

  /// A file that is cut short is said to be only where frames are missing: it may have lost its index alone.
  private func noticeEarlyEnd() {
    guard isAtFileEnd, earlyEnd == nil else { return }
    isAtFileEnd = false
    let declared = input.declaresLength ? info.frames : nil
    guard frames < declared ?? .max, input.isCutShort() else { return }
    earlyEnd = EarlyEnd(frames: frames, declared: declared)
  }

  /// Reads one packet and gathers what it gives.
  private func advance() throws(MediaError) {
    switch try input.readPacket() {
    case .packet(let packet):
      defer { av_packet_unref(packet) }
      if isPast(packet) {
        try endVideo()
      } else if packet.pointee.stream_index == stream.pointee.index {
        if pastWindow { return }
        if waitsForKey, !input.canBegin(with: packet) { return }
        waitsForKey = false
        try decoder.send(packet)
        try drain()
      } else if let copied = try copy(packet) {
        pending.append(.packet(copied))
      }
    case .damaged:
      damaged += 1
    case .end:
      isAtFileEnd = !pastWindow
      try endVideo()
    }
    damaged += decoder.takeFailures()
  }

  /// Whether a packet comes so long after the part asked for that nothing of it can follow: streams are interleaved within a second or so.
  private func isPast(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    guard pastWindow, let other = input.stream(Int(packet.pointee.stream_index)), packet.pointee.dts != cff_no_pts() else {
      return false
    }
    let time = av_rescale_q(packet.pointee.dts, other.pointee.time_base, stream.pointee.time_base)
    return Double(time - window.upperBound) * streamBase.value > 2
  }
}
