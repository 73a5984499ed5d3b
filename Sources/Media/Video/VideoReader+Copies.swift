internal import CFFmpeg

/// Packets of the other streams, which are copied as they are.
extension VideoReader {
  /// The cover pictures, which belong to every part of a clip.
  func covers() throws(MediaError) -> [VideoItem] {
    var items: [VideoItem] = []
    for other in input.streams where other != stream && other.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 {
      guard other.pointee.attached_pic.size > 0 else { continue }
      let copied = try CopiedPacket(copying: &other.pointee.attached_pic)
      (copied.packet.pointee.pts, copied.packet.pointee.dts) = (0, 0)
      items.append(.packet(copied))
    }
    return items
  }

  /// Subtitles that are on screen at `start`, in microseconds as `begin`, the clip's own start, and begin before it: decoding may begin later than they do. Looked for a minute
  /// back.
  func earlierSubtitles(at start: Int64, begin: Int64) throws(MediaError) -> [VideoItem] {
    func isSubtitle(_ stream: UnsafeMutablePointer<AVStream>) -> Bool {
      stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE
    }
    guard input.canBeEnteredAnywhere, input.streams.contains(where: isSubtitle) else { return [] }
    let other = try InputContext(path: info.path)
    for stream in other.streams where !isSubtitle(stream) && stream.pointee.index != self.stream.pointee.index {
      stream.pointee.discard = AVDISCARD_ALL
    }
    let back = start - 60 * cff_time_base()
    guard back <= begin || other.seek(to: back) else { return [] }
    var items: [VideoItem] = []
    reading: while true {
      switch try other.readPacket() {
      case .end: break reading
      case .damaged: continue
      case .packet(let packet):
        defer { av_packet_unref(packet) }
        guard let stream = other.stream(Int(packet.pointee.stream_index)), packet.pointee.dts != cff_no_pts() else { continue }
        let time = av_rescale_q(packet.pointee.dts, stream.pointee.time_base, cff_time_base_q())
        if !isSubtitle(stream) {
          if time >= start { break reading }
        } else if time < start, let copied = try copy(packet) {
          items.append(.packet(copied))
        }
      }
    }
    skipsEarlierSubtitles = true
    return items
  }

  /// A packet as it is written, its times counted from the part's start; nil for one that is not.
  func copy(_ packet: UnsafeMutablePointer<AVPacket>) throws(MediaError) -> CopiedPacket? {
    guard let other = input.stream(Int(packet.pointee.stream_index)),
      other.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0, cut(packet, of: other)
    else { return nil }
    if origin != 0 {
      let shift = av_rescale_q(origin, cff_time_base_q(), other.pointee.time_base)
      if packet.pointee.pts != cff_no_pts() { packet.pointee.pts -= shift }
      if packet.pointee.dts != cff_no_pts() { packet.pointee.dts -= shift }
    }
    return try CopiedPacket(moving: packet)
  }

  /// Ticks that no subtitle lasts; sums of such stay numbers.
  private var longest: Int64 { 1 << 60 }

  /// False for a packet outside the part asked for. A subtitle that is partly inside is shown for that part.
  private func cut(_ packet: UnsafeMutablePointer<AVPacket>, of other: UnsafeMutablePointer<AVStream>) -> Bool {
    guard options.start != nil || options.duration != nil else { return true }
    let time = packet.pointee.pts == cff_no_pts() ? packet.pointee.dts : packet.pointee.pts
    guard time != cff_no_pts() else { return true }
    let (base, videoBase) = (other.pointee.time_base, stream.pointee.time_base)
    guard other.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE, (1...longest).contains(packet.pointee.duration),
      abs(time) <= longest
    else {
      return window.contains(av_rescale_q(time, base, videoBase))
    }
    if skipsEarlierSubtitles, time < av_rescale_q(window.lowerBound, videoBase, base) { return false }
    let begin = options.start == nil ? time : max(time, av_rescale_q(window.lowerBound, videoBase, base))
    let whole = time + packet.pointee.duration
    let end = options.duration == nil ? whole : min(whole, av_rescale_q(window.upperBound + 1, videoBase, base))
    guard end > begin else { return false }
    if packet.pointee.pts != cff_no_pts() { packet.pointee.pts = begin }
    if packet.pointee.dts != cff_no_pts() { packet.pointee.dts = max(packet.pointee.dts, begin) }
    packet.pointee.duration = end - begin
    return true
  }
}
