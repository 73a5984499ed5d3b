internal import Imaging
internal import OpticalFlow

/// Follows a clip's source frames: what each has in common with the one before it. Runs beside the network, on the decoder's thread.
/// Belongs to one thread at a time.
final class MotionEstimator: @unchecked Sendable {
  private typealias Weights = StabilizationWeights

  /// A source frame.
  private struct Frame {
    /// At half its size.
    var picture: ImageBuffer
    /// At a quarter of it; nil where motion is not looked at.
    var coarse: (picture: ImageBuffer, gray: GrayImage)?
  }

  /// Dense inverse search at a quarter of the frames' size, and a quick and coarser one that checks it.
  private let estimators: (backward: FlowEstimator, forward: FlowEstimator)?
  private var before: Frame?
  private var anchor: SourceAnchor?
  /// How far what is shown was painted as it is, and not led by motion; a value a pixel, 0…1.
  private var pure: [Float] = []
  /// How much frames of this scene differ from what their motion makes of the ones before them, 0…1.
  private var usualChange: Float?

  /// - Parameter flow: whether motion is looked at, or only what stands still.
  init(flow: Bool) throws {
    guard flow else {
      estimators = nil
      return
    }
    try FlowLibrary.setThreads(1)
    estimators = (
      try FlowEstimator(preset: .fast, finestScale: 0, descents: 8, refinements: 3),
      try FlowEstimator(preset: .ultrafast, finestScale: 1)
    )
  }

  /// What `frame` has in common with the frame that was given before; nil for the first, and for the first of a new scene.
  func next(_ frame: ImageBuffer) throws -> SceneMotion? {
    let picture = frame.halved().inEightBits()
    let frame = Frame(picture: picture, coarse: try coarse(picture))
    let motion = try motion(of: frame)
    if let motion {
      anchor?.renew(picture, still: motion.still)
    } else {
      anchor = SourceAnchor(picture)
      pure = [Float](repeating: 1, count: picture.pixels)
    }
    before = frame
    return motion
  }

  /// Nil where motion is not looked at, or the frame is too small for it: dense inverse search matches patches of eight pixels.
  private func coarse(_ picture: ImageBuffer) throws -> (picture: ImageBuffer, gray: GrayImage)? {
    guard estimators != nil, min(picture.width, picture.height) >= 24 else { return nil }
    let coarse = picture.halved()
    return (coarse, try GrayImage(coarse))
  }

  private func motion(of frame: Frame) throws -> SceneMotion? {
    let (width, height) = (frame.picture.width, frame.picture.height)
    guard let before, let anchor, before.picture.width == width, before.picture.height == height else { return nil }
    let change = boxMeans(anchor.change(to: frame.picture), width: width, height: height, radius: 2)
    var still = change.map { Weights.stillChange.remainder(from: $0) }
    guard let estimators, let now = frame.coarse, let then = before.coarse else {
      guard !isNewScene(difference: change.reduce(0, +) / Float(change.count) / 255, trust: 1) else { return nil }
      return SceneMotion(width: width, height: height, flow: nil, moving: [], still: still)
    }
    let flow = try estimators.backward.flow(from: now.gray, to: then.gray)
    let forward = try estimators.forward.flow(from: then.gray, to: now.gray)
    let (trust, difference) = try motionTrust(flow, forward: forward, now.picture, before: then.picture)
    guard !isNewScene(difference: difference, trust: trust.reduce(0, +) / Float(trust.count)) else { return nil }
    let rest = Weights.movingEdges.remainder(from: movingEdges(flow, now.gray))
    let none = Weights.stillFlow.moved(by: rest, to: Weights.restingFlow)
    let resting = flow.vectors.map { none.remainder(from: 2 * ($0 * $0).sum().squareRoot()) }
    var moving = [Float](repeating: 0, count: still.count)
    settle(&still, &moving, resting, trust, width: width)
    return SceneMotion(width: width, height: height, flow: flow, moving: moving, still: still)
  }

  /// Divides pixels between those that stand still and those whose motion is trusted. `resting` and `trust` have half the size.
  private func settle(_ still: inout [Float], _ moving: inout [Float], _ resting: [Float], _ trust: [Float], width: Int) {
    let (height, coarseWidth) = (still.count / width, (width + 1) / 2)
    still.withUnsafeMutableBufferPointer { still in
      moving.withUnsafeMutableBufferPointer { moving in
        pure.withUnsafeMutableBufferPointer { pure in
          trust.withUnsafeBufferPointer { trust in
            resting.withUnsafeBufferPointer { resting in
              for y in 0..<height {
                for x in 0..<width {
                  let (index, coarse) = (y * width + x, y / 2 * coarseWidth + x / 2)
                  let rest = still[index] * resting[coarse]
                  moving[index] = trust[coarse] * (1 - rest)
                  // What comes to rest is painted anew first: what was led there by motion would stay for good.
                  still[index] = rest * (1 - Weights.impure.remainder(from: pure[index]))
                  pure[index] = still[index] * pure[index] + (1 - still[index]) * (1 - moving[index])
                }
              }
            }
          }
        }
      }
    }
  }

  /// Whether a cut lies between two frames.
  private func isNewScene(difference: Float, trust: Float) -> Bool {
    let sudden = Weights.suddenChange
    if difference > Weights.mostChange || trust < Weights.leastTrust
      || difference > max(sudden.least, sudden.factor * (usualChange ?? difference))
    {
      usualChange = nil
      return true
    }
    usualChange = usualChange.map { $0 + (difference - $0) * 0.2 } ?? difference
    return false
  }
}
