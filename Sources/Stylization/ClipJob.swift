internal import Engine
internal import Foundation
internal import Imaging
public import Media

/// One clip, file to file (or Y4M through pipes): decoding, painting and encoding on threads of their own, a few frames in flight.
public struct ClipJob: Sendable {
  /// The clip to read, or `-`.
  public var input: String
  /// The file to write, or `-`.
  public var output: String
  /// The style.
  public var stylizer: Stylizer
  /// Which part to read, and how.
  public var reading: VideoReadOptions
  /// How to write.
  public var writing: VideoWriteOptions

  /// One clip, file to file.
  public init(
    input: String, output: String, stylizer: Stylizer, reading: VideoReadOptions = VideoReadOptions(),
    writing: VideoWriteOptions = VideoWriteOptions()
  ) {
    self.input = input
    self.output = output
    self.stylizer = stylizer
    self.reading = reading
    self.writing = writing
  }

  /// Frames that wait between two stages.
  private static let depth = 3
  /// A side, in pixels, that frames of any shape can have.
  private static let surelyPossible = 16_000
  /// How many frames' flow is found at once.
  private static let finders = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 4))

  /// Starts the work; the stream ends when the output is there, or with an error and no output.
  public func run() -> AsyncThrowingStream<StylizationEvent, any Error> {
    stream { emit, isCancelled in
      let begin = Date()
      try checkOutput(output, input: input, replace: writing.replace)
      let reader = try openedReader()
      let writer = try VideoWriter(path: output, like: reader, options: writing)
      let size = scaledSize(width: reader.info.width, height: reader.info.height, longerSide: reading.longerSide)
      emit(.started(input: input, output: output, width: size.width, height: size.height, frames: reader.info.frames))
      for warning in writer.warnings { emit(.warning(warning)) }

      let estimator = try stylizer.motionEstimator { emit(.warning($0)) }
      let painters = stylizer.painters(width: size.width, height: size.height)
      let finders = try (0..<ClipJob.finders).map { _ in estimator?.looksAtMotion == true ? try FlowFinder() : nil }
      let decoded = BoundedQueue<Item>(capacity: ClipJob.depth)
      let seen = OrderedQueue<Item>(capacity: finders.count + ClipJob.depth)
      let painted = OrderedQueue<Item>(capacity: painters + ClipJob.depth)
      let steady = BoundedQueue<VideoItem>(capacity: ClipJob.depth)
      let stages = DispatchGroup()
      let fail: @Sendable (any Error) -> Void = { error in
        decoded.fail(error)
        seen.fail(error)
        painted.fail(error)
        steady.fail(error)
      }
      start(stages, "clipmorph.decode", fail) {
        var (count, before) = (0, FrameView?.none)
        while let item = try reader.read() {
          var item = Item(number: count, item: item)
          if let estimator, case .frame(let frame) = item.item {
            let view = try FrameView(frame.image, motion: estimator.looksAtMotion)
            item.views = (view, before)
            before = view
          }
          try decoded.push(item)
          count += 1
        }
        decoded.end()
        seen.end(count: count)
        painted.end(count: count)
      }
      // Flow is found beside the network, of several frames at once where there are processors for it.
      for finder in finders {
        start(stages, "clipmorph.flow", fail) {
          while var item = try decoded.pop() {
            if let (now, before) = item.views { item.flow = try finder?.flow(to: now, from: before) }
            try seen.push(item, at: item.number)
          }
        }
      }
      for _ in 0..<painters {
        start(stages, "clipmorph.paint", fail) {
          while var item = try seen.pop() {
            if isCancelled() { throw CancellationError() }
            if stylizer.mask != nil, case .frame(let frame) = item.item { item.source = frame.image }
            item.item = try paint(item.item) { emit(.warning($0)) }
            try painted.push(item, at: item.number)
          }
        }
      }
      start(stages, "clipmorph.steady", fail) {
        let stabilizer = estimator == nil ? nil : Stabilizer(coding: writer.planarCoding ?? Canvas.usualCoding)
        while let item = try painted.pop() {
          let motion = try item.views.flatMap { try estimator?.next($0.now, flow: item.flow) }
          try steady.push(steadied(item, motion, by: stabilizer, inPlanes: writer.planarCoding != nil))
        }
        steady.end()
      }
      start(stages, "clipmorph.encode", fail) {
        while let item = try steady.pop() {
          let told = writer.warnings.count
          try writer.write(item)
          for warning in writer.warnings[told...] { emit(.warning(warning)) }
          if item.isPicture { emit(.progress(share: nil, frames: writer.frames)) }
        }
        try writer.finish()
      }
      stages.wait()
      do {
        // The first error of any stage, if there was one.
        _ = try steady.pop()
      } catch {
        // A stage's thread may still hold the writer when the program ends, and its file would stay.
        writer.discard()
        throw error
      }
      if reader.damaged > 0 {
        emit(.damaged("\(input) is damaged: \(reader.damaged) broken or missing parts are left out of \(output)"))
      }
      if let end = reader.earlyEnd { emit(.damaged("\(input) ends early: \(output) has what was there, \(end)")) }
      emit(.finished(output: output, frames: writer.frames, seconds: Date().timeIntervalSince(begin)))
    }
  }

  /// The reader; where nothing but the network wants to see frames, and it takes them so, they come as they are coded. A pipe is opened once only.
  private func openedReader() throws -> VideoReader {
    try checkSize()
    var reading = reading
    reading.planes =
      stylizer.network.takesPlanes && stylizer.options.stabilization == .off && input != "-"
      && VideoWriter.takesPlanes(path: output, options: writing)
    let reader = try VideoReader(path: input, options: reading)
    guard reading.planes else { return reader }
    let size = scaledSize(width: reader.info.width, height: reader.info.height, longerSide: reading.longerSide)
    guard !stylizer.takesPlanes(width: size.width, height: size.height) else { return reader }
    reading.planes = false
    return try VideoReader(path: input, options: reading)
  }

  /// Refuses a size that no frame can have: only what is very large is worth looking at the clip for. A pipe can be opened once only.
  private func checkSize() throws {
    guard let side = reading.longerSide, side > ClipJob.surelyPossible, input != "-" else { return }
    let info = try VideoReader(path: input).info
    let size = scaledSize(width: info.width, height: info.height, longerSide: side)
    try checkScaling(toWidth: size.width, height: size.height, path: input)
  }

  /// A frame, painted; anything else as it is.
  private func paint(_ item: VideoItem, warn: (String) -> Void) throws -> VideoItem {
    switch item {
    case .packet: return item
    case .planes(var frame):
      guard let image = try stylizer.stylizeFrame(frame.image) else { return try paint(.frame(frame.inRGB()), warn: warn) }
      frame.image = image
      return .planes(frame)
    case .frame(var frame):
      frame.image = try stylizer.stylizeFrame(frame.image, warn: warn)
      return .frame(frame)
    }
  }

  /// A frame as it is to be shown: as codecs keep it where nothing but the encoder is to see it.
  private func steadied(_ item: Item, _ motion: SceneMotion?, by stabilizer: Stabilizer?, inPlanes: Bool) -> VideoItem {
    guard case .frame(var frame) = item.item else { return item.item }
    if let stabilizer {
      if inPlanes, frame.alpha == nil, item.source == nil {
        let image = stabilizer.nextPlanes(frame.image, motion: motion)
        return .planes(PlanarFrame(image: image, time: frame.time, duration: frame.duration))
      }
      frame.image = stabilizer.next(frame.image, motion: motion)
    }
    if let source = item.source { frame.image = stylizer.masked(frame.image, over: source) }
    return .frame(frame)
  }

  /// What goes from stage to stage: a frame as motion is looked for in it and in the one before, how their pixels belong together, and what it was where a mask wants
  /// to know; or a packet.
  private struct Item: Sendable {
    let number: Int
    var item: VideoItem
    var views: (now: FrameView, before: FrameView?)?
    var flow: FoundFlow?
    var source: ImageBuffer?
  }

  private func start(
    _ group: DispatchGroup, _ name: String, _ fail: @escaping @Sendable (any Error) -> Void,
    _ work: @escaping @Sendable () throws -> Void
  ) {
    group.enter()
    startThread(name) {
      do { try work() } catch { fail(error) }
      group.leave()
    }
  }
}
