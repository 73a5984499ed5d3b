internal import CFFmpeg
internal import Imaging

/// Reads a clip: decoded frames, upright and RGB, and the packets of its other streams.
///
/// Belongs to one thread at a time.
public final class VideoReader: @unchecked Sendable {
  /// What the clip is.
  public private(set) var info: VideoInfo
  /// Packets and frames that were damaged and left out.
  public private(set) var damaged = 0
  /// Set at the end where the file is cut short within the part asked for.
  public private(set) var earlyEnd: EarlyEnd?

  let input: InputContext
  let stream: UnsafeMutablePointer<AVStream>
  /// The tags that a stylized copy carries.
  private(set) var color = Color.bt709
  /// Whether the source's numbers are RGB or have another form that the output cannot keep.
  private(set) var sampleAspect = Rational(1, 1)
  /// Whether frames carry opacity.
  private(set) var hasAlpha = false
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
  private let decoder: Decoder
  private let filtered: UnsafeMutablePointer<AVFrame>
  private var graph: FilterGraph?
  private var graphInput: FilterGraph.Input?
  private var pending: [VideoItem] = []
  private var next = 0
  private var frames = 0
  private var ended = false
  private var pastWindow = false
  /// Whether reading ended with the file, before the end of the part asked for.
  private var isAtFileEnd = false
  /// The size of the frames that are given.
  private(set) var size: (width: Int, height: Int)?
  private var lastTime: Int64?
  private let window: ClosedRange<Int64>
  private let streamBase: Rational

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
    origin = start ?? 0
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
      // A seek that fails (a pipe) only costs decoding up to the start.
      _ = avformat_seek_file(input.context, -1, Int64.min, start, start, 0)
    }
    while !ended, !pending.contains(where: \.isPicture) { try advance() }
    guard pending.contains(where: \.isPicture) else {
      throw decoder.failures > 0
        ? MediaError.notUsable(path: path, reason: "none of its video frames can be decoded")
        : MediaError.noFrames(path: path)
    }
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = filtered
    av_frame_free(&frame)
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

  private func endVideo() throws(MediaError) {
    ended = true
    try decoder.send(nil)
    try drain()
    try graph?.send(nil)
    try collect()
  }

  /// Whether a packet comes so long after the part asked for that nothing of it can follow: streams are interleaved within a second or so.
  private func isPast(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    guard pastWindow, let other = input.stream(Int(packet.pointee.stream_index)), packet.pointee.dts != cff_no_pts() else {
      return false
    }
    let time = av_rescale_q(packet.pointee.dts, other.pointee.time_base, stream.pointee.time_base)
    return Double(time - window.upperBound) * streamBase.value > 2
  }

  private func drain() throws(MediaError) {
    while let frame = try decoder.receive() {
      defer { av_frame_unref(frame) }
      let time = time(of: frame)
      if time > window.upperBound {
        // Frames come in order: there are no more in the window.
        pastWindow = true
        continue
      }
      if time < window.lowerBound { continue }
      frame.pointee.pts = time
      let tags = Color(frame)
      learn(frame, tags)
      if let coding = coding(of: frame, tags) {
        try graph?.send(nil)
        try collect()
        graph = nil
        graphInput = nil
        let duration = max(0, cff_frame_duration(frame))
        keepAspect(of: frame)
        pending.append(
          .planes(PlanarFrame(image: PlanarImage(frame, coding: coding), time: time - shift, duration: duration)))
        continue
      }
      let input = FilterGraph.Input(frame, timeBase: streamBase, rate: info.frameRate, color: tags)
      if graphInput != input {
        try graph?.send(nil)
        try collect()
        graph = try FilterGraph(try chain(frame, tags), input: input)
        graphInput = input
      }
      try graph?.send(frame)
      try collect()
    }
  }

  /// Presentation time in the stream's ticks; where the file gives none, one frame after the last.
  private func time(of frame: UnsafeMutablePointer<AVFrame>) -> Int64 {
    var time = frame.pointee.best_effort_timestamp
    if time == cff_no_pts() {
      let step =
        cff_frame_duration(frame) > 0
        ? cff_frame_duration(frame)
        : info.frameRate.value > 0 && streamBase.value > 0 ? Int64((1 / info.frameRate.value / streamBase.value).rounded()) : 1
      time = lastTime.map { $0 + step } ?? 0
    }
    lastTime = time
    return time
  }

  /// Takes from the first frame what all have in common.
  private func learn(_ frame: UnsafeMutablePointer<AVFrame>, _ tags: Color) {
    guard size == nil else { return }
    let format = frame.pointee.format
    let upright = uprightSize(of: frame)
    info.width = upright.width
    info.height = upright.height
    size = scaledSize(width: upright.width, height: upright.height, longerSide: options.longerSide)
    color = tags.forOutput(format: format)
    if let descriptor = av_pix_fmt_desc_get(AVPixelFormat(format)) {
      hasAlpha = descriptor.pointee.flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 || format == AV_PIX_FMT_PAL8.rawValue
    }
  }

  /// Takes all that the filters have ready.
  private func collect() throws(MediaError) {
    guard let graph else { return }
    while try graph.receive(into: filtered) {
      defer { av_frame_unref(filtered) }
      let base = info.timeBase.av
      let time = av_rescale_q(filtered.pointee.pts, graph.timeBase.av, base)
      let duration =
        options.frameRate == nil ? av_rescale_q(cff_frame_duration(filtered), graph.timeBase.av, base) : 1
      keepAspect(of: filtered)
      let (image, alpha) = pixels(of: filtered, hasAlpha: hasAlpha)
      pending.append(.frame(VideoFrame(image: image, alpha: alpha, time: time - shift, duration: max(0, duration))))
    }
  }

  /// Ticks by which times begin at zero.
  private var shift: Int64 { origin == 0 ? 0 : av_rescale_q(origin, cff_time_base_q(), info.timeBase.av) }

  private func keepAspect(of frame: UnsafeMutablePointer<AVFrame>) {
    let aspect = frame.pointee.sample_aspect_ratio
    sampleAspect = aspect.num > 0 && aspect.den > 0 ? Rational(aspect) : Rational(1, 1)
  }

  private func copy(_ packet: UnsafeMutablePointer<AVPacket>) throws(MediaError) -> CopiedPacket? {
    guard let other = input.stream(Int(packet.pointee.stream_index)) else { return nil }
    if options.start != nil || options.duration != nil {
      let time = packet.pointee.pts == cff_no_pts() ? packet.pointee.dts : packet.pointee.pts
      let inStream = av_rescale_q(time, other.pointee.time_base, stream.pointee.time_base)
      guard time == cff_no_pts() || window.contains(inStream) else { return nil }
      let shift = av_rescale_q(origin, cff_time_base_q(), other.pointee.time_base)
      if packet.pointee.pts != cff_no_pts() { packet.pointee.pts -= shift }
      if packet.pointee.dts != cff_no_pts() { packet.pointee.dts -= shift }
    }
    return try CopiedPacket(moving: packet)
  }
}
