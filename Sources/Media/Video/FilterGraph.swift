internal import CFFmpeg
internal import Foundation

/// A chain of FFmpeg's filters from one frame format to another.
final class FilterGraph {
  private var graph: UnsafeMutablePointer<AVFilterGraph>?
  private var source: UnsafeMutablePointer<AVFilterContext>?
  private var sink: UnsafeMutablePointer<AVFilterContext>?

  /// What frames must look like to enter a graph; a change of it needs another graph.
  struct Input: Equatable {
    var width: Int32
    var height: Int32
    var format: Int32
    var aspect: Rational
    var timeBase: Rational
    var rate: Rational
    var color: Color

    init(_ frame: UnsafePointer<AVFrame>, timeBase: Rational, rate: Rational, color: Color) {
      width = frame.pointee.width
      height = frame.pointee.height
      format = frame.pointee.format
      let sample = frame.pointee.sample_aspect_ratio
      aspect = sample.num > 0 && sample.den > 0 ? Rational(sample) : Rational(1, 1)
      self.timeBase = timeBase
      self.rate = rate
      self.color = color
    }
  }

  /// The same for sound.
  struct SoundInput: Equatable {
    var rate: Int32
    var format: Int32
    var layout: String
    var timeBase: Rational

    init(_ frame: UnsafeMutablePointer<AVFrame>, timeBase: Rational) {
      rate = frame.pointee.sample_rate
      format = frame.pointee.format
      layout = SoundInput.name(of: &frame.pointee.ch_layout)
      self.timeBase = timeBase
    }

    /// A layout of channels in FFmpeg's words.
    static func name(of layout: inout AVChannelLayout) -> String {
      var text = [CChar](repeating: 0, count: 256)
      av_channel_layout_describe(&layout, &text, text.count)
      return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  /// Threads of a graph. Where cores are many, one thread's conversion to RGB would be what a clip waits for.
  private static let threads = Int32(max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 4)))

  /// A chain for sound that gives frames of so many samples, the last one aside; 0 takes them as they come.
  convenience init(_ description: String, input: SoundInput, frameSize: Int32) throws(MediaError) {
    try self.init(
      description, kind: "a",
      arguments: "time_base=\(input.timeBase):sample_rate=\(input.rate):sample_fmt=\(input.format):channel_layout=\(input.layout)"
    )
    if frameSize > 0 { av_buffersink_set_frame_size(sink, UInt32(frameSize)) }
  }

  /// A chain for pictures.
  convenience init(_ description: String, input: Input) throws(MediaError) {
    var arguments =
      "video_size=\(input.width)x\(input.height):pix_fmt=\(input.format):time_base=\(input.timeBase)"
      + ":pixel_aspect=\(input.aspect)"
    if input.rate.value > 0 { arguments += ":frame_rate=\(input.rate)" }
    // Since FFmpeg 7 a graph wants to know the colours that its frames will have.
    if avfilter_version() >> 16 >= 10 {
      arguments += ":colorspace=\(input.color.matrix.rawValue):range=\(input.color.range.rawValue)"
    }
    try self.init(description, kind: "", arguments: arguments)
  }

  private init(_ description: String, kind: String, arguments: String) throws(MediaError) {
    let graph = try allocated(avfilter_graph_alloc(), "avfilter_graph_alloc")
    self.graph = graph
    graph.pointee.nb_threads = FilterGraph.threads
    try check(
      avfilter_graph_create_filter(&source, avfilter_get_by_name(kind + "buffer"), "in", arguments, nil, graph), "filter buffer")
    try check(
      avfilter_graph_create_filter(&sink, avfilter_get_by_name(kind + "buffersink"), "out", nil, nil, graph), "filter sink")

    var outputs = avfilter_inout_alloc()
    var inputs = avfilter_inout_alloc()
    defer {
      avfilter_inout_free(&outputs)
      avfilter_inout_free(&inputs)
    }
    outputs?.pointee.name = av_strdup("in")
    outputs?.pointee.filter_ctx = source
    outputs?.pointee.pad_idx = 0
    outputs?.pointee.next = nil
    inputs?.pointee.name = av_strdup("out")
    inputs?.pointee.filter_ctx = sink
    inputs?.pointee.pad_idx = 0
    inputs?.pointee.next = nil
    try check(avfilter_graph_parse_ptr(graph, description, &inputs, &outputs, nil), "filters \(description)")
    try check(avfilter_graph_config(graph, nil), "filters \(description)")
  }

  deinit { avfilter_graph_free(&graph) }

  /// The time base of the frames that come out.
  var timeBase: Rational { sink.map { Rational(av_buffersink_get_time_base($0)) } ?? Rational(0, 1) }

  /// Sends a frame in, which stays the caller's; nil ends the stream.
  func send(_ frame: UnsafeMutablePointer<AVFrame>?) throws(MediaError) {
    try check(av_buffersrc_add_frame_flags(source, frame, Int32(AV_BUFFERSRC_FLAG_KEEP_REF)), "filtering")
  }

  /// Ends the stream at a time of its time base, until which the last frame is shown.
  func close(at end: Int64) throws(MediaError) { try check(av_buffersrc_close(source, end, 0), "filtering") }

  /// Takes a frame out into `frame`; false where none is ready.
  func receive(into frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) -> Bool {
    let code = av_buffersink_get_frame(sink, frame)
    if code == cff_error_again() || code == cff_error_eof() { return false }
    try check(code, "filtering")
    return true
  }

  /// Whether this FFmpeg has a filter.
  static func exists(_ name: String) -> Bool { avfilter_get_by_name(name) != nil }
}
