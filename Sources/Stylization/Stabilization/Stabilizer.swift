internal import Imaging
internal import OpticalFlow

/// Takes flicker out of painted frames, one after another.
///
/// Where the source stands still, a frame is mostly the one before it. Where the source moves, the frame before is moved along and leads the
/// frame's coarse half: what differs between the two, at half size, is taken back in part. Fine strokes stay the frame's own, so nothing is
/// softened by being moved again and again. The painting of a frame counts everywhere to some degree: what was wrong fades.
final class Stabilizer {
  private typealias Weights = StabilizationWeights

  private var before: ImageBuffer?

  /// A frame as it is to be shown. `motion` is nil where the frame has nothing to do with the one before it.
  func next(_ painting: ImageBuffer, motion: SceneMotion?) throws -> ImageBuffer {
    guard let motion, let before, painting.depth == .eight, before.width == painting.width, before.height == painting.height,
      motion.width == (painting.width + 1) / 2, motion.height == (painting.height + 1) / 2
    else {
      before = painting
      return painting
    }
    let result = Stabilizer.blended(painting, over: before, try guide(painting, before, motion), motion)
    self.before = result
    return result
  }

  /// What the frame before says of this one, a pixel of half the size each: how much of it stays (0…1), and by how much red, green and blue of the
  /// coarse half are to change (0…255).
  private func guide(_ painting: ImageBuffer, _ before: ImageBuffer, _ motion: SceneMotion) throws -> [SIMD4<Float>] {
    var guide = motion.still.map { SIMD4(Weights.still * $0, 0, 0, 0) }
    guard let flow = motion.flow else { return guide }
    let moved = try warp(before.halved(), by: flow)
    let coarse = painting.halved()
    moved.withUnsafeBytes { moved in
      coarse.withUnsafeBytes { coarse in
        for pixel in guide.indices {
          let at = pixel * 3
          let weight = Weights.moving * motion.moving[pixel]
          guide[pixel].y = weight * Float(Int32(moved[at]) - Int32(coarse[at]))
          guide[pixel].z = weight * Float(Int32(moved[at + 1]) - Int32(coarse[at + 1]))
          guide[pixel].w = weight * Float(Int32(moved[at + 2]) - Int32(coarse[at + 2]))
        }
      }
    }
    return guide
  }

  /// The painting corrected by the guide, which is interpolated to its size (bilinear).
  private static func blended(
    _ painting: ImageBuffer, over before: ImageBuffer, _ guide: [SIMD4<Float>], _ motion: SceneMotion
  ) -> ImageBuffer {
    let (width, height) = (painting.width, painting.height)
    let columns = (0..<width).map { Interpolation($0, within: motion.width) }
    return ImageBuffer(width: width, height: height) { target in
      painting.withUnsafeBytes { painting in
        before.withUnsafeBytes { before in
          for y in 0..<height {
            let rows = Interpolation(y, within: motion.height)
            let line = (0..<motion.width).map { x in
              let (a, b) = (guide[rows.first * motion.width + x], guide[rows.second * motion.width + x])
              return a + (b - a) * rows.share
            }
            for x in 0..<width {
              let column = columns[x]
              let here = line[column.first] + (line[column.second] - line[column.first]) * column.share
              let at = (y * width + x) * 3
              let paint = SIMD4(0, Float(painting[at]), Float(painting[at + 1]), Float(painting[at + 2])) + here
              let old = SIMD4(0, Float(before[at]), Float(before[at + 1]), Float(before[at + 2]))
              let mixed = (paint + (old - paint) * here.x + 0.5).clamped(
                lowerBound: .zero, upperBound: SIMD4(repeating: 255))
              target[at] = UInt8(mixed.y)
              target[at + 1] = UInt8(mixed.z)
              target[at + 2] = UInt8(mixed.w)
            }
          }
        }
      }
    }
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
