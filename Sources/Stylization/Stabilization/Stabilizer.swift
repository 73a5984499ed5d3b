internal import Foundation
internal import Imaging
internal import OpticalFlow

/// Takes flicker out of painted frames, one after another.
///
/// Where the source stands still, a frame is mostly the one before it. Where the source moves, the frame before is moved along and leads the
/// frame's coarse half: what differs between the two, at half size, is taken back in part. Fine strokes stay the frame's own, so nothing is
/// softened by being moved again and again. The painting of a frame counts everywhere to some degree: what was wrong fades.
final class Stabilizer {
  private typealias Weights = StabilizationWeights

  /// The last frame as it was shown.
  private var before: ImageBuffer?
  /// The same in fractions of a level, three channels side by side: an average that is rounded each time never reaches what it tends to.
  private var history: [Float] = []

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) throws -> ImageBuffer {
    guard var motion, let before, painting.depth == .eight, before.width == painting.width, before.height == painting.height,
      motion.width == (painting.width + 1) / 2, motion.height == (painting.height + 1) / 2
    else {
      before = painting
      history = painting.withUnsafeBytes { painting.depth == .eight ? $0.map { Float($0) } : [] }
      return painting
    }
    let agrees = agreement(before.halved(), painting.halved())
    for pixel in motion.still.indices { motion.still[pixel] *= pow(agrees[pixel], 0.3) }
    let result = blended(painting, try guide(painting, before, motion), motion)
    self.before = result
    return result
  }

  /// What the frame before says of this one, at half size: the factor by which fine strokes are strengthened, and by how much red, green and blue
  /// are to change (0…255).
  private func guide(_ painting: ImageBuffer, _ before: ImageBuffer, _ motion: SceneMotion) throws -> [SIMD4<Float>]? {
    guard let flow = motion.flow else { return nil }
    let moved = try warp(before.halved(), by: flow)
    let coarse = painting.halved()
    let agreement = agreement(moved, coarse)
    return moved.withUnsafeBytes { moved in
      coarse.withUnsafeBytes { coarse in
        motion.moving.indices.map { pixel in
          let at = pixel * 3
          let trust = motion.moving[pixel] * agreement[pixel]
          let detail = Weights.detail * trust
          let own = SIMD4(0, Float(coarse[at]), Float(coarse[at + 1]), Float(coarse[at + 2]))
          let old = SIMD4(0, Float(moved[at]), Float(moved[at + 1]), Float(moved[at + 2]))
          var guide = (old - own) * (Weights.moving * trust) - own * detail
          guide.x = detail
          return guide
        }
      }
    }
  }

  /// How far two halved paintings have the same colours over nine by nine pixels, 0…1. Strokes that flicker even out there; what was left behind by
  /// something that has passed, or shone beyond its edge, does not.
  private func agreement(_ a: ImageBuffer, _ b: ImageBuffer) -> [Float] {
    var result = [Float](repeating: 0, count: a.pixels)
    for channel in 0..<3 {
      let differences = a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          (0..<result.count).map { Float(Int32(a[$0 * 3 + channel]) - Int32(b[$0 * 3 + channel])) / 255 }
        }
      }
      for (pixel, mean) in boxMeans(differences, width: a.width, height: a.height, radius: 4).enumerated() {
        result[pixel] += mean * mean
      }
    }
    return result.map { exp(-Weights.paintDecay * $0) }
  }

  /// The painting corrected by the guide, then the frame before where nothing moves. Both are interpolated to the painting's size (bilinear).
  private func blended(_ painting: ImageBuffer, _ guide: [SIMD4<Float>]?, _ motion: SceneMotion) -> ImageBuffer {
    let (width, height) = (painting.width, painting.height)
    let columns = (0..<width).map { Interpolation($0, within: motion.width) }
    return ImageBuffer(width: width, height: height) { target in
      painting.withUnsafeBytes { painting in
        history.withUnsafeMutableBufferPointer { history in
          for y in 0..<height {
            let rows = Interpolation(y, within: motion.height)
            let still = Stabilizer.between(motion.still, rows, motion.width) { $0 + ($1 - $0) * $2 }
            let line = guide.map { Stabilizer.between($0, rows, motion.width) { $0 + ($1 - $0) * $2 } }
            for x in 0..<width {
              let column = columns[x]
              let at = (y * width + x) * 3
              var paint = SIMD4(0, Float(painting[at]), Float(painting[at + 1]), Float(painting[at + 2]))
              if let line {
                let (one, two) = (line[column.first], line[column.second])
                let here = one + (two - one) * column.share
                paint += paint * here.x + here
              }
              let old = SIMD4(0, history[at], history[at + 1], history[at + 2])
              let (one, two) = (still[column.first], still[column.second])
              let stays = Weights.still * (one + (two - one) * column.share)
              let mixed = (paint + (old - paint) * stays).clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
              history[at] = mixed.y
              history[at + 1] = mixed.z
              history[at + 2] = mixed.w
              target[at] = UInt8(mixed.y + 0.5)
              target[at + 1] = UInt8(mixed.z + 0.5)
              target[at + 2] = UInt8(mixed.w + 0.5)
            }
          }
        }
      }
    }
  }

  /// A row between two rows.
  private static func between<Value>(
    _ values: [Value], _ rows: Interpolation, _ width: Int, _ mix: (Value, Value, Float) -> Value
  ) -> [Value] {
    (0..<width).map { mix(values[rows.first * width + $0], values[rows.second * width + $0], rows.share) }
  }

  /// Between which two of half as many pixels one lies, pixel centres being half-way.
  private struct Interpolation {
    var first: Int
    var second: Int
    var share: Float

    init(_ position: Int, within count: Int) {
      let place = max(0, min(Float(count - 1), (Float(position) + 0.5) / 2 - 0.5))
      first = Int(place)
      second = min(count - 1, first + 1)
      share = place - Float(first)
    }
  }
}
