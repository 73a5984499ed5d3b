internal import CFFmpeg
internal import Imaging

/// From decoded frames to those asked for.
extension VideoReader {
  func endVideo() throws(MediaError) {
    ended = true
    try decoder.send(nil)
    try drain()
    if let kept { try giveKept(until: kept.time + duration(of: kept.frame)) }
    try closeGraph(at: lastEnd.map { $0 - shift })
  }

  func drain() throws(MediaError) {
    while let frame = try decoder.receive() {
      defer { av_frame_unref(frame) }
      let time = time(of: frame)
      firstTime = firstTime ?? time
      if time > window.upperBound {
        // Frames come in order: there are no more in the window.
        pastWindow = true
        lastEnd = window.upperBound + 1
        try giveKept(until: window.upperBound + 1)
        continue
      }
      lastEnd = min(time + duration(of: frame), window.upperBound == .max ? .max : window.upperBound + 1)
      if time < window.lowerBound {
        kept = try KeptFrame(moving: frame, time: time)
        continue
      }
      try giveKept(until: time)
      try give(frame, at: time)
    }
  }

  /// Gives the frame that is on screen at the start, as if it began there. Starts are given in milliseconds: what is shown for less is left
  /// out.
  private func giveKept(until end: Int64) throws(MediaError) {
    guard let kept else { return }
    self.kept = nil
    guard Double(end - window.lowerBound) * streamBase.value > 0.001 else { return }
    cff_set_frame_duration(kept.frame, end - window.lowerBound)
    try give(kept.frame, at: window.lowerBound)
  }

  private func give(_ frame: UnsafeMutablePointer<AVFrame>, at time: Int64) throws(MediaError) {
    let time = time - shift
    // The last frame is not shown beyond the part asked for.
    let left = window.upperBound == .max ? .max : window.upperBound + 1 - shift - time
    if cff_frame_duration(frame) > left { cff_set_frame_duration(frame, left) }
    frame.pointee.pts = time
    firstGiven = firstGiven ?? time
    let tags = Color(frame)
    learn(frame, tags)
    if let coding = coding(of: frame, tags) {
      try closeGraph(at: time)
      graph = nil
      graphInput = nil
      let duration = max(0, cff_frame_duration(frame))
      keepAspect(of: frame)
      pending.append(
        .planes(PlanarFrame(image: PlanarImage(frame, coding: coding), time: time, duration: duration)))
      return
    }
    let input = FilterGraph.Input(frame, timeBase: streamBase, rate: info.frameRate, color: tags)
    if graphInput != input {
      try closeGraph(at: time)
      graph = try FilterGraph(try chain(frame, tags), input: input)
      graphInput = input
    }
    try graph?.send(frame)
    try collect()
  }

  /// Presentation time in the stream's ticks; where the file gives none, one frame after the last.
  private func time(of frame: UnsafeMutablePointer<AVFrame>) -> Int64 {
    var time = frame.pointee.best_effort_timestamp
    if time == cff_no_pts() {
      time = lastTime.map { $0 + duration(of: frame) } ?? 0
    }
    lastTime = time
    return time
  }

  /// How long a frame is shown, in the stream's ticks; where the file does not say, by its rate.
  private func duration(of frame: UnsafeMutablePointer<AVFrame>) -> Int64 {
    if cff_frame_duration(frame) > 0 { return cff_frame_duration(frame) }
    let rate = Rational(av_guess_frame_rate(input.context, stream, nil)).value
    return rate > 0 && streamBase.value > 0 ? Int64((1 / rate / streamBase.value).rounded()) : 1
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
      pending.append(.frame(VideoFrame(image: image, alpha: alpha, time: time, duration: max(0, duration))))
    }
  }

  /// Ends the filters' work at a time and takes what they still have. Of a clip that is shorter than a frame at the rate asked for, one is
  /// kept.
  private func closeGraph(at time: Int64?) throws(MediaError) {
    guard let graph else { return }
    var end = time ?? cff_no_pts()
    if let rate = options.frameRate, let time, let firstGiven {
      end = max(time, firstGiven + Int64((1 / rate.value / streamBase.value).rounded(.up)))
    }
    try graph.close(at: end)
    try collect()
  }

  /// Ticks by which times begin at zero.
  private var shift: Int64 { origin == 0 ? 0 : av_rescale_q(origin, cff_time_base_q(), streamBase.av) }

  private func keepAspect(of frame: UnsafeMutablePointer<AVFrame>) {
    let aspect = frame.pointee.sample_aspect_ratio
    sampleAspect = aspect.num > 0 && aspect.den > 0 ? Rational(aspect) : Rational(1, 1)
  }
}
