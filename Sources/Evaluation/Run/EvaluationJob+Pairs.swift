internal import Imaging
internal import Media

/// Files that are finished, by whatever program.
extension EvaluationJob {
  func judged(
    _ pair: EvaluationPair, _ kind: MediaKind, _ judge: PictureJudge, _ course: Course
  ) throws -> [EvaluationCase] {
    guard try MediaKind(path: pair.output) == kind else {
      throw EvaluationError.differentKinds(source: pair.source, output: pair.output)
    }
    switch kind {
    case .picture:
      let (photograph, painting) = (try measurable(pair.source), try measurable(pair.output))
      try EvaluationJob.compareShapes((photograph, pair.source), (painting, pair.output))
      return [try scored(photograph, painting, source: pair.source, output: pair.output, judge)]
    case .clip:
      return try judgedClip(pair, judge, course)
    }
  }

  private func judgedClip(_ pair: EvaluationPair, _ judge: PictureJudge, _ course: Course) throws -> [EvaluationCase] {
    let source = try VideoReader(path: pair.source)
    let output = try VideoReader(path: pair.output)
    let reference = try pair.unstabilized.map { try VideoReader(path: $0) }
    let total = min(plan.frames, source.info.frames ?? plan.frames)
    let meter = try ClipMeter(motion: .estimated, outputs: 1)
    var illustrator = Illustrator(total: total, outputs: 1, isWanted: plan.illustrates)
    var frames = 0
    while frames < plan.frames {
      try course.check()
      let (one, other) = try (source.nextFrame(), output.nextFrame())
      guard let one, let other else {
        if one != nil { throw different(pair.source, pair.output, shorter: pair.output, frames) }
        if other != nil { throw different(pair.source, pair.output, shorter: pair.source, frames) }
        break
      }
      if frames == 0 { try EvaluationJob.compareShapes((one, pair.source), (other, pair.output)) }
      var before: ImageBuffer?
      if let reference, let path = pair.unstabilized {
        before = try reference.nextFrame()
        guard let before else { throw different(pair.source, path, shorter: path, frames) }
        if frames == 0 { try EvaluationJob.compareShapes((one, pair.source), (before, path)) }
      }
      try meter.add(source: one, outputs: [other], references: [before])
      illustrator.add(one, [other])
      frames += 1
      course.emit(.progress(source: pair.source, frames: frames, of: total))
    }
    return try cases(
      .clip, source: pair.source, outputs: [pair.output], meter: meter, illustrator, judge: plan.artwork == nil ? nil : judge)
  }

  private func different(_ source: String, _ output: String, shorter: String, _ frames: Int) -> EvaluationError {
    .differentLengths(source: source, output: output, shorter: shorter, frames: frames)
  }

  /// Sizes may differ, shapes may not: two hundredths are what rounding to even sides makes of small pictures.
  static func compareShapes(
    _ source: (image: ImageBuffer, path: String), _ output: (image: ImageBuffer, path: String)
  ) throws(EvaluationError) {
    func ratio(_ image: ImageBuffer) -> Double { Double(image.width) / Double(image.height) }
    let same = (source.image.width, source.image.height) == (output.image.width, output.image.height)
    guard same || abs(ratio(output.image) / ratio(source.image) - 1) <= 0.02 else {
      throw .differentShapes(
        source: source.path, sourceSize: "\(source.image.width)x\(source.image.height)", output: output.path,
        outputSize: "\(output.image.width)x\(output.image.height)")
    }
  }
}

extension VideoReader {
  /// The next frame's picture; what else is in the file is passed over.
  func nextFrame() throws(MediaError) -> ImageBuffer? {
    while let item = try read() {
      if case .frame(let frame) = item { return frame.image }
    }
    return nil
  }
}
