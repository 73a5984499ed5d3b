internal import Foundation
internal import Imaging
internal import OpticalFlow

/// Follows a clip's source frames: what each has in common with the one before it. Runs beside the network, on the decoder's thread.
/// Belongs to one thread at a time.
final class MotionEstimator: @unchecked Sendable {
  private typealias Weights = StabilizationWeights

  private struct Before {
    var picture: ImageBuffer
    var gray: GrayImage?
  }

  private let estimator: FlowEstimator?
  private var before: Before?

  /// - Parameter flow: whether motion is looked at, or only what stands still.
  init(flow: Bool) throws {
    if flow { try FlowLibrary.setThreads(1) }
    estimator = flow ? try FlowEstimator(preset: .fast) : nil
  }

  /// What `frame` has in common with the frame that was given before; nil for the first, and for the first of a new scene.
  func next(_ frame: ImageBuffer) throws -> SceneMotion? {
    let picture = frame.halved()
    // Dense inverse search matches patches of eight pixels.
    let gray = estimator != nil && min(picture.width, picture.height) >= 16 ? try GrayImage(picture) : nil
    defer { before = Before(picture: picture, gray: gray) }
    guard let before, before.picture.width == picture.width, before.picture.height == picture.height else { return nil }
    let change = MotionEstimator.meanChange(picture, before.picture)
    let still = MotionEstimator.averaged(change, width: picture.width, height: picture.height).map { value in
      let range = Weights.stillChange
      return min(1, max(0, (range.upperBound - value) / (range.upperBound - range.lowerBound)))
    }
    guard let estimator, let gray, let grayBefore = before.gray else {
      let mean = change.reduce(0, +) / Float(change.count) / 255
      guard mean <= Weights.mostChange else { return nil }
      return SceneMotion(width: picture.width, height: picture.height, flow: nil, moving: [], still: still)
    }
    let backward = try estimator.flow(from: gray, to: grayBefore)
    let forward = try estimator.flow(from: grayBefore, to: gray)
    let warped = try warp(before.picture, by: backward)
    let (trust, difference) = try MotionEstimator.trust(backward, forward.warped(by: backward), picture, warped)
    let share = trust.reduce(0, +) / Float(trust.count)
    guard share >= Weights.leastTrust, difference <= Weights.mostChange else { return nil }
    var moving = trust
    var settled = still
    for index in trust.indices {
      settled[index] *= trust[index]
      moving[index] *= 1 - settled[index]
    }
    return SceneMotion(width: picture.width, height: picture.height, flow: backward, moving: moving, still: settled)
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
    squares = averaged(squares, width: width, height: height, radius: 1)
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

  /// The mean over a square of `2 radius + 1` pixels a side, cut off at the picture's edge.
  private static func averaged(_ values: [Float], width: Int, height: Int, radius: Int = 2) -> [Float] {
    var rows = [Float](repeating: 0, count: values.count)
    for y in 0..<height {
      for x in 0..<width {
        let (first, last) = (max(0, x - radius), min(width - 1, x + radius))
        var sum: Float = 0
        for column in first...last { sum += values[y * width + column] }
        rows[y * width + x] = sum / Float(last - first + 1)
      }
    }
    var result = [Float](repeating: 0, count: values.count)
    for y in 0..<height {
      let (first, last) = (max(0, y - radius), min(height - 1, y + radius))
      let share = 1 / Float(last - first + 1)
      for row in first...last {
        for x in 0..<width { result[y * width + x] += rows[row * width + x] * share }
      }
    }
    return result
  }
}
