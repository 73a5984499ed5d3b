internal import Foundation
internal import Imaging
internal import OpticalFlow

/// Follows a clip's source frames: what each has in common with the one before it. Runs beside the network, on the decoder's thread.
/// Belongs to one thread at a time.
final class MotionEstimator: @unchecked Sendable {
  private typealias Weights = StabilizationWeights

  private struct Before {
    var picture: ImageBuffer
    /// At half and at a quarter of the frame's size.
    var gray: (half: GrayImage, quarter: GrayImage)?
  }

  /// Dense inverse search that refines to a quarter of the frames' size, and a quick one that checks it.
  private let estimators: (backward: FlowEstimator, forward: FlowEstimator)?
  private var before: Before?
  /// How much frames of this scene differ from what their motion makes of the ones before them, 0…1.
  private var usualChange: Float?

  /// - Parameter flow: whether motion is looked at, or only what stands still.
  init(flow: Bool) throws {
    if flow { try FlowLibrary.setThreads(1) }
    estimators =
      flow ? (try FlowEstimator(preset: .fast, finestScale: 1), try FlowEstimator(preset: .ultrafast, finestScale: 1)) : nil
  }

  /// What `frame` has in common with the frame that was given before; nil for the first, and for the first of a new scene.
  func next(_ frame: ImageBuffer) throws -> SceneMotion? {
    let picture = frame.halved()
    let gray = try grays(of: picture)
    defer { before = Before(picture: picture, gray: gray) }
    guard let before, before.picture.width == picture.width, before.picture.height == picture.height else { return nil }
    let (width, height) = (picture.width, picture.height)
    let change = MotionEstimator.meanChange(picture, before.picture)
    var still = boxMeans(change, width: width, height: height).map { share(of: $0, below: Weights.stillChange) }
    guard let estimators, let gray, let grayBefore = before.gray else {
      guard !isNewScene(difference: change.reduce(0, +) / Float(change.count) / 255, trust: 1) else { return nil }
      return SceneMotion(width: width, height: height, flow: nil, moving: [], still: still)
    }
    let flow = try estimators.backward.flow(from: gray.half, to: grayBefore.half)
    let forward = try estimators.forward.flow(from: grayBefore.quarter, to: gray.quarter).scaled(width: width, height: height)
    let (trust, difference) = try MotionEstimator.trust(
      flow, forward.warped(by: flow), picture, warp(before.picture, by: flow))
    guard !isNewScene(difference: difference, trust: trust.reduce(0, +) / Float(trust.count)) else { return nil }
    var moving = trust
    for index in trust.indices {
      let length = (flow.vectors[index] * flow.vectors[index]).sum().squareRoot()
      still[index] *= trust[index] * share(of: length, below: Weights.stillFlow)
      moving[index] *= 1 - still[index]
    }
    return SceneMotion(width: width, height: height, flow: flow, moving: moving, still: still)
  }

  /// Nil where motion is not looked at, or the frame is too small for it: dense inverse search matches patches of eight pixels.
  private func grays(of picture: ImageBuffer) throws -> (half: GrayImage, quarter: GrayImage)? {
    guard estimators != nil, min(picture.width, picture.height) >= 24 else { return nil }
    let half = try GrayImage(picture)
    return (half, try half.scaled(width: picture.width / 2, height: picture.height / 2))
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

  /// 1 below a range, 0 above it, and in between what remains to its end.
  private func share(of value: Float, below range: ClosedRange<Float>) -> Float {
    min(1, max(0, (range.upperBound - value) / (range.upperBound - range.lowerBound)))
  }

  /// The mean over channels of |a - b|, 0…255, a pixel each.
  private static func meanChange(_ a: ImageBuffer, _ b: ImageBuffer) -> [Float] {
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        (0..<a.count / 3).map { pixel in
          let at = pixel * 3
          let sum =
            abs(Int32(a[at]) - Int32(b[at])) + abs(Int32(a[at + 1]) - Int32(b[at + 1])) + abs(Int32(a[at + 2]) - Int32(b[at + 2]))
          return Float(sum) / 3
        }
      }
    }
  }

  /// How far each pixel's motion is to be trusted: it leads back by the opposite flow, stays inside, and finds the same colour. Besides the mean
  /// difference of colours, 0…1.
  private static func trust(
    _ flow: Flow, _ back: Flow, _ picture: ImageBuffer, _ warped: ImageBuffer
  ) throws -> (trust: [Float], difference: Float) {
    let (width, height) = (flow.width, flow.height)
    var squares = [Float](repeating: 0, count: width * height)
    var difference: Float = 0
    picture.withUnsafeBytes { a in
      warped.withUnsafeBytes { b in
        for pixel in 0..<width * height {
          var (sum, square): (Int32, Int32) = (0, 0)
          for sample in pixel * 3..<pixel * 3 + 3 {
            let d = Int32(a[sample]) - Int32(b[sample])
            sum += abs(d)
            square += d * d
          }
          squares[pixel] = Float(square)
          difference += Float(sum)
        }
      }
    }
    squares = boxMeans(squares, width: width, height: height, radius: 1)
    let decay = -Weights.colourDecay / (3 * 255 * 255)
    let last = SIMD2(Float(width - 1), Float(height - 1))
    var trust = [Float](repeating: 0, count: width * height)
    flow.vectors.withUnsafeBufferPointer { flow in
      back.vectors.withUnsafeBufferPointer { back in
        for y in 0..<height {
          for x in 0..<width {
            let index = y * width + x
            let (w, f) = (flow[index], back[index])
            let place = SIMD2(Float(x), Float(y)) + w
            guard place.x >= 0, place.y >= 0, place.x <= last.x, place.y <= last.y else { continue }
            let missed = ((f + w) * (f + w)).sum()
            let allowed = Weights.consistency.relative * ((f * f).sum() + (w * w).sum()) + Weights.consistency.absolute
            let agreement = min(1, max(0, 2 - missed / allowed))
            if agreement > 0 { trust[index] = agreement * exp(decay * squares[index]) }
          }
        }
      }
    }
    return (trust, difference / Float(3 * 255 * width * height))
  }
}
