internal import Foundation
internal import Imaging
internal import Media
internal import Synchronization
internal import Training

/// Judges what a plan names, one source after another.
public struct EvaluationJob: Sendable {
  /// What is judged.
  public let plan: EvaluationPlan

  /// A plan to be carried out.
  public init(_ plan: EvaluationPlan) {
    self.plan = plan
  }

  /// Starts the work on a thread of its own. A source that cannot be judged is an event where there are several, and else the stream's error.
  public func run() -> AsyncThrowingStream<EvaluationEvent, any Error> {
    AsyncThrowingStream(bufferingPolicy: .unbounded) { continuation in
      let cancellation = Cancellation()
      continuation.onTermination = { reason in
        if case .cancelled = reason { cancellation.cancel() }
      }
      let thread = Thread {
        do {
          try work(Course(emit: { continuation.yield($0) }, isCancelled: { cancellation.isCancelled }))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      thread.name = "clipmorph.evaluate"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// How a running job speaks and is stopped.
  struct Course {
    var emit: (EvaluationEvent) -> Void
    var isCancelled: () -> Bool

    func check() throws { if isCancelled() { throw CancellationError() } }
  }

  private final class Cancellation: Sendable {
    private let value = Mutex(false)
    var isCancelled: Bool { value.withLock { $0 } }
    func cancel() { value.withLock { $0 = true } }
  }

  private func work(_ course: Course) throws {
    let sequences = try plan.middlebury.map { try MiddleburyPair.all(in: $0) } ?? []
    let kinds = plan.pairs.map { try? MediaKind(path: $0.source) }
    let judge = try PictureJudge(meter: needsMeter(kinds) ? PerceptualMeter() : nil, artwork: artwork())
    course.emit(.started(sources: plan.count + sequences.count))
    let alone = plan.count + sequences.count == 1
    func attempt(_ source: String, _ body: () throws -> [EvaluationCase]) throws {
      try course.check()
      do {
        course.emit(.progress(source: source, frames: 0, of: nil))
        course.emit(.measured(try body()))
      } catch let error where !alone && !(error is CancellationError) && !(error is TrainingError) {
        course.emit(.failed(source: source, error))
      }
    }
    for (pair, kind) in zip(plan.pairs, kinds) {
      try attempt(pair.source) { try judged(pair, kind ?? MediaKind(path: pair.source), judge, course) }
    }
    for path in plan.photographs { try attempt(path) { try painted(path, judge) } }
    for path in plan.clips { try attempt(path) { try paintedClip(path, judge, course) } }
    for path in plan.synthetic ? plan.photographs.prefix(3) : [] {
      for motion in CameraMotion.allCases {
        let name = "\(motion.rawValue) of \(path)"
        try attempt(name) {
          let still = try Picture(contentsOf: path, chroma: .linear).image
          try still.checkFitting(shorterSide: CameraMotion.side, path: path)
          return try painted(motion.sequence(of: still), name: name, kind: .synthetic, course)
        }
      }
    }
    for pair in sequences {
      try attempt(pair.name) { try painted(pair.load(), name: pair.name, kind: .middlebury, course) }
    }
    course.emit(.finished)
  }

  /// Loss networks are loaded where pictures are judged; for a clip's middle frame only where a style was asked for.
  private func needsMeter(_ kinds: [MediaKind?]) -> Bool {
    plan.artwork != nil || !plan.photographs.isEmpty || kinds.contains(.picture)
  }

  private func artwork() throws -> ImageBuffer? { try plan.artwork.map { try measurable($0) } }

  /// A picture that can be measured: told before it is painted, and by its name.
  func measurable(_ path: String) throws -> ImageBuffer {
    let image = try Picture(contentsOf: path, chroma: .linear).image
    try image.checkFitting(shorterSide: PictureScores.side, path: path)
    return image
  }

  // MARK: Pictures

  private func painted(_ path: String, _ judge: PictureJudge) throws -> [EvaluationCase] {
    let photograph = try measurable(path)
    return try plan.contestants.map { contestant in
      try scored(photograph, contestant.paint(photograph), source: path, output: contestant.name, judge)
    }
  }

  func scored(
    _ photograph: ImageBuffer, _ painting: ImageBuffer, source: String, output: String, _ judge: PictureJudge
  ) throws -> EvaluationCase {
    var result = EvaluationCase(kind: .picture, source: source, output: output)
    result.picture = try judge.scores(of: painting, from: photograph)
    if plan.illustrates {
      result.illustration.sources = [Illustrator.thumbnail(photograph)]
      result.illustration.outputs = [Illustrator.thumbnail(painting)]
    }
    return result
  }

  // MARK: Clips

  private func paintedClip(_ path: String, _ judge: PictureJudge, _ course: Course) throws -> [EvaluationCase] {
    let reader = try VideoReader(path: path)
    let painters = try plan.contestants.map { try $0.clipPainter() }
    let total = min(plan.frames, reader.info.frames ?? plan.frames)
    let meter = try ClipMeter(motion: .estimated, outputs: painters.count)
    var illustrator = Illustrator(total: total, outputs: painters.count, isWanted: plan.illustrates)
    var frames = 0
    while frames < plan.frames, let source = try reader.nextFrame() {
      try course.check()
      let painted = try painters.map { try $0(source) }
      let outputs = painted.map(\.shown)
      try meter.add(source: source, outputs: outputs, references: painted.map(\.unstabilized))
      illustrator.add(source, outputs)
      frames += 1
      course.emit(.progress(source: path, frames: frames, of: total))
    }
    return try cases(
      .clip, source: path, outputs: plan.contestants.map(\.name), meter: meter, illustrator,
      judge: plan.artwork == nil ? nil : judge)
  }

  private func painted(
    _ sequence: KnownSequence, name: String, kind: EvaluationCase.Kind, _ course: Course
  ) throws -> [EvaluationCase] {
    let painters = try plan.contestants.map { try $0.clipPainter() }
    let meter = try ClipMeter(motion: .known(sequence.flow, sequence.mask), outputs: painters.count)
    var illustrator = Illustrator(total: sequence.frames.count, outputs: painters.count, isWanted: plan.illustrates)
    for frame in sequence.frames {
      try course.check()
      let painted = try painters.map { try $0(frame) }
      let outputs = painted.map(\.shown)
      try meter.add(source: frame, outputs: outputs, references: painted.map(\.unstabilized))
      illustrator.add(frame, outputs)
    }
    return try cases(kind, source: name, outputs: plan.contestants.map(\.name), meter: meter, illustrator, judge: nil)
  }

  func cases(
    _ kind: EvaluationCase.Kind, source: String, outputs: [String], meter: ClipMeter, _ illustrator: Illustrator,
    judge: PictureJudge?
  ) throws -> [EvaluationCase] {
    try zip(outputs.indices, meter.scores()).map { index, scores in
      var result = EvaluationCase(kind: kind, source: source, output: outputs[index])
      result.clip = scores
      result.illustration = illustrator.illustrations[index]
      if let judge, let middle = illustrator.middle, index < middle.outputs.count {
        try middle.source.checkFitting(shorterSide: PictureScores.side, path: source)
        try middle.outputs[index].checkFitting(shorterSide: PictureScores.side, path: outputs[index])
        result.picture = try judge.scores(of: middle.outputs[index], from: middle.source)
      }
      return result
    }
  }
}
