internal import Foundation
internal import Imaging
internal import OpticalFlow

/// Frames whose motion is known exactly and is the same from each to its predecessor: no estimator stands between a painting and its score.
struct KnownSequence: Sendable {
  var frames: [ImageBuffer]
  var flow: Flow
  var mask: FlowMask
}

/// A camera's movement over a still picture.
enum CameraMotion: String, Sendable, CaseIterable {
  case pan, zoom, rotation

  /// A frame's place p is found in its predecessor at c + turn (p - c) + shift, c being the centre.
  private var step: (turn: SIMD2<Double>, shift: SIMD2<Double>) {
    switch self {
    // No whole pixels: those a network with strides may follow by chance.
    case .pan: ((SIMD2(1, 0)), SIMD2(2.75, 1.25))
    case .zoom: (SIMD2(1 / 1.01, 0), .zero)
    case .rotation: (SIMD2(cos(0.5 * .pi / 180), sin(0.5 * .pi / 180)), .zero)
    }
  }

  /// The shorter side that a still is brought to, in pixels.
  static let side = 480

  /// Frames of the middle three quarters of a still whose shorter side is brought to 480 pixels.
  func sequence(of still: ImageBuffer, frames count: Int = 8) throws -> KnownSequence {
    let still = still.inEightBits().fitted(shorterSide: CameraMotion.side)
    let (width, height) = (still.width * 3 / 4 / 8 * 8, still.height * 3 / 4 / 8 * 8)
    let region = PixelRegion(x: (still.width - width) / 2, y: (still.height - height) / 2, width: width, height: height)
    let center = SIMD2(Double(region.x) + Double(width - 1) / 2, Double(region.y) + Double(height - 1) / 2)
    var turn = SIMD2(1.0, 0.0)
    var shift = SIMD2<Double>.zero
    var frames: [ImageBuffer] = []
    for _ in 0..<count {
      let field = try CameraMotion.field(still.width, still.height, center: center, turn: turn, shift: shift)
      frames.append(try warp(still, by: field).extracting(region))
      // Turns and zooms leave the centre where it is, pans do not turn: steps add up simply.
      turn = CameraMotion.product(turn, step.turn)
      shift += step.shift
    }
    let middle = SIMD2(Double(width - 1) / 2, Double(height - 1) / 2)
    let flow = try CameraMotion.field(width, height, center: middle, turn: step.turn, shift: step.shift)
    return KnownSequence(frames: frames, flow: flow, mask: flow.inside())
  }

  private static func product(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
  }

  private static func field(
    _ width: Int, _ height: Int, center: SIMD2<Double>, turn: SIMD2<Double>, shift: SIMD2<Double>
  ) throws(FlowError) -> Flow {
    let vectors = (0..<width * height).map { index -> SIMD2<Float> in
      let place = SIMD2(Double(index % width), Double(index / width))
      let moved = center + product(turn, place - center) + shift - place
      return SIMD2(Float(moved.x), Float(moved.y))
    }
    return try Flow(width: width, height: height, vectors: vectors)
  }
}
