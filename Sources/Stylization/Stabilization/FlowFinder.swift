internal import Imaging
internal import OpticalFlow

/// A source frame as motion is looked for in it.
struct FrameView: Sendable {
  /// At half its size, 8 bits a sample.
  let picture: ImageBuffer
  /// The same without colours, and both at a quarter; nil where motion is not looked at, or the frame is too small for it.
  let views: (gray: GrayImage, coarse: ImageBuffer, coarseGray: GrayImage)?

  init(_ frame: ImageBuffer, motion: Bool) throws {
    picture = frame.halved().inEightBits()
    // Dense inverse search matches patches of eight pixels.
    guard motion, min(picture.width, picture.height) >= 24 else {
      views = nil
      return
    }
    let coarse = picture.halved()
    views = (try GrayImage(picture), coarse, try GrayImage(coarse))
  }
}

/// How the pixels of two frames belong together.
struct FoundFlow: Sendable {
  /// Where each pixel was in the frame before, at half the frames' size.
  let fine: Flow
  /// The same at a quarter.
  let coarse: Flow
  /// Where each pixel of the frame before has gone, at a quarter: a check.
  let forward: Flow
}

/// Finds the flow between two frames: dense inverse search at half of their size, and a quick one at a quarter that checks it. What it finds does not depend on
/// what it has seen before, so that several may share a clip's frames. Belongs to one thread at a time.
final class FlowFinder: @unchecked Sendable {
  private let backward: FlowEstimator
  private let forward: FlowEstimator

  init() throws {
    // OpenCV's results differ with its threads.
    try FlowLibrary.setThreads(1)
    backward = try FlowEstimator(preset: .fast, finestScale: 0, descents: 4, refinements: 0, stride: 4)
    forward = try FlowEstimator(preset: .ultrafast, finestScale: 1)
  }

  /// Nil where there is nothing to find: for frames that are too small, for the first one, and after one of another size.
  func flow(to frame: FrameView, from before: FrameView?) throws -> FoundFlow? {
    guard let before, let now = frame.views, let then = before.views, frame.picture.width == before.picture.width,
      frame.picture.height == before.picture.height
    else { return nil }
    // Patches leave steps in the flow, which tear strokes apart that are led along it for long.
    let fine = try backward.flow(from: now.gray, to: then.gray).smoothed(radius: 1)
    return FoundFlow(
      fine: fine, coarse: try fine.scaled(width: now.coarse.width, height: now.coarse.height),
      forward: try forward.flow(from: then.coarseGray, to: now.coarseGray))
  }
}
