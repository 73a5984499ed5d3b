internal import Imaging
internal import OpticalFlow

/// Follows a clip's source frames, in order: what each has in common with the one before it. Belongs to one thread at a time; what costs most of the time, the flow
/// between two frames, is found beside it, by any thread that has a `FlowFinder`.
final class MotionEstimator: @unchecked Sendable {
  private typealias Weights = StabilizationWeights

  /// Whether motion is looked at, or only what stands still.
  let looksAtMotion: Bool
  private let finder: FlowFinder?
  private let strain: Float
  private var before: FrameView?
  private var anchor: SourceAnchor?
  private var camera: RestingCamera?
  private var wear: StrokeWear?
  /// How far what is shown was painted as it is, and not led by motion; a value a pixel, 0…1.
  private var pure: [Float] = []
  /// How far something has passed a resting camera here and what it left is not held yet; a value a pixel, 0…1.
  private var left: [Float] = []
  /// For how many frames the camera has rested.
  private var restingFrames = 0
  /// How much frames of this scene differ from what their motion makes of the ones before them, 0…1.
  private var usualChange: Float?

  /// - Parameters:
  ///   - flow: whether motion is looked at, or only what stands still.
  ///   - strain: how far strokes may be stretched or squeezed before they are painted anew; nil is as far as usual.
  init(flow: Bool, strain: Double? = nil) throws {
    looksAtMotion = flow
    self.strain = Float(strain ?? StylizationOptions.usualStrain)
    finder = flow ? try FlowFinder() : nil
  }

  /// What `frame` has in common with the frame that was given before; nil for the first, and for the first of a new scene.
  func next(_ frame: ImageBuffer) throws -> SceneMotion? {
    let view = try FrameView(frame, motion: looksAtMotion)
    return try next(view, flow: finder?.flow(to: view, from: before))
  }

  /// The same of a frame's view and the flow to it from the one before; nil where motion is not looked at.
  func next(_ frame: FrameView, flow: FoundFlow?) throws -> SceneMotion? {
    let picture = frame.picture
    let motion = try motion(of: frame, flow)
    if let motion {
      anchor?.renew(picture, still: motion.still)
    } else {
      anchor = SourceAnchor(picture)
      camera = RestingCamera(width: picture.width, height: picture.height)
      pure = [Float](repeating: 1, count: picture.pixels)
      left = [Float](repeating: 0, count: picture.pixels)
      restingFrames = 0
      wear = frame.views.map { StrokeWear(width: $0.coarse.width, height: $0.coarse.height, strain: strain) }
    }
    before = frame
    return motion
  }

  private func motion(of frame: FrameView, _ found: FoundFlow?) throws -> SceneMotion? {
    let (width, height) = (frame.picture.width, frame.picture.height)
    guard let before, var anchor, var camera, before.picture.width == width, before.picture.height == height else { return nil }
    anchor.brighten(by: exposureGain(frame.picture, over: anchor.green))
    let change = boxMeans(anchor.change(to: frame.picture), width: width, height: height, radius: 2)
    let unchanged = change.map { Weights.stillChange.remainder(from: $0) }
    defer {
      camera.count(unchanged: unchanged)
      (self.anchor, self.camera) = (anchor, camera)
    }
    guard let found, let now = frame.views, let then = before.views else {
      guard !isNewScene(difference: change.reduce(0, +) / Float(change.count) / 255, trust: 1) else { return nil }
      return SceneMotion(width: width, height: height, flow: nil, moving: [], still: unchanged, left: nil)
    }
    let flow = found.coarse
    let gain = then.coarse.withUnsafeBytes { bytes in exposureGain(now.coarse, over: { Float(bytes[$0 * 3 + 1]) }) }
    let (trust, difference) = try motionTrust(flow, forward: found.forward, now.coarse, before: then.coarse, gain: gain)
    guard !isNewScene(difference: difference, trust: trust.reduce(0, +) / Float(trust.count)) else { return nil }
    let stands = Weights.movingEdges.remainder(from: movingEdges(flow, now.coarseGray))
    let none = Weights.stillFlow.moved(by: stands, to: Weights.restingFlow)
    let resting = flow.vectors.map { none.remainder(from: 2 * ($0 * $0).sum().squareRoot()) }
    let rest = camera.rest(unchanged: unchanged, edgesOf: then.coarseGray, flow: flow)
    restingFrames = max(stands, rest) > 0.5 ? restingFrames + 1 : 0
    // What passes a camera that rests is not to leave anything of itself behind.
    let most = 1 - Weights.passing * max(stands, rest)
    let trusted = leading(trust, width: flow.width, height: flow.height)
    let led = (try wear?.next(flow, trusted: trusted) ?? trusted).map { most * $0 }
    var still = unchanged
    var moving = [Float](repeating: 0, count: still.count)
    let left = settle(
      &still, &moving, resting, led, calm: calm(unchanged, width: width, height: height), width: width,
      cameraRests: restingFrames > Weights.longRest ? max(stands, rest) : 0,
      behind: { rest > 0 && camera.isSettled($0) ? rest : 0 })
    return SceneMotion(
      width: width, height: height, flow: found.fine, moving: moving, still: still,
      left: WhatIsLeft(left, of: frame.picture, whereHeld: still))
  }

  /// How far nothing changes around each pixel, 0…1, at half the size.
  private func calm(_ unchanged: [Float], width: Int, height: Int) -> [Float] {
    let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
    let changed = (0..<columns * rows).map { 1 - unchanged[$0 / columns * 2 * width + $0 % columns * 2] }
    return boxMeans(changed, width: columns, height: rows, radius: Weights.surroundings).map {
      Weights.unrest.remainder(from: $0)
    }
  }

  /// Divides pixels between those that stand still and those whose strokes are led. `resting`, `led` and `calm` have half the size; `behind` tells
  /// how surely a pixel belongs to what is behind all that passes, whatever the flow around it. Returns what something that passed
  /// has left and is not held yet, and how far.
  @inline(__always)
  private func settle(
    _ still: inout [Float], _ moving: inout [Float], _ resting: [Float], _ led: [Float], calm: [Float], width: Int,
    cameraRests: Float, behind: (Int) -> Float
  ) -> [(pixel: Int, share: Float)] {
    var waiting: [(pixel: Int, share: Float)] = []
    let (height, coarseWidth) = (still.count / width, (width + 1) / 2)
    still.withUnsafeMutableBufferPointer { still in
      moving.withUnsafeMutableBufferPointer { moving in
        withPast { pure, left in
          led.withUnsafeBufferPointer { led in
            resting.withUnsafeBufferPointer { resting in
              calm.withUnsafeBufferPointer { calm in
                for y in 0..<height {
                  for x in 0..<width {
                    let (index, coarse) = (y * width + x, y / 2 * coarseWidth + x / 2)
                    if still[index] == 0 {
                      // Most of what a moving camera sees.
                      moving[index] = led[coarse]
                      pure[index] = (1 - led[coarse]) * calm[coarse]
                      left[index] = cameraRests
                      continue
                    }
                    let rest = still[index] * max(resting[coarse], behind(index))
                    // What comes to rest is painted anew first, when all is calm around: what was led there by motion, or painted beside what passes,
                    // would stay for good.
                    let held = rest * (1 - Weights.impure.remainder(from: pure[index]))
                    let lead = led[coarse] * (1 - held - (rest - held) * calm[coarse])
                    pure[index] = held * pure[index] + (1 - held) * (1 - lead) * calm[coarse]
                    // What passes has left this, until it is held.
                    let waits = (still[index] * cameraRests - held) * left[index]
                    if waits > 0 { waiting.append((index, waits)) }
                    left[index] = max(cameraRests * (1 - still[index]), left[index] * (1 - held))
                    (still[index], moving[index]) = (held, lead)
                  }
                }
              }
            }
          }
        }
      }
    }
    return waiting
  }

  private func withPast(_ body: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void) {
    pure.withUnsafeMutableBufferPointer { pure in
      left.withUnsafeMutableBufferPointer { left in body(pure, left) }
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
