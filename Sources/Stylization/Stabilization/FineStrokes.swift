internal import Imaging
internal import OpticalFlow

/// What a painting has beyond half of its resolution, in luma alone: where the source moves, it is led by what the frame before had there, and made stronger
/// by what it loses. Colours of fine strokes are the frame's own; the eye hardly sees them flicker.
struct FineStrokes {
  private typealias Weights = StabilizationWeights

  /// The frame before as it was led, without what made it stronger: levels of 255, `none` where there is nothing.
  private var before: GrayImage?
  private static let none: Float = 128

  /// Forgets the frame before.
  mutating func reset() { before = nil }

  /// Leads a frame's strokes by those of the frame before.
  ///
  /// - Parameters:
  ///   - painting: the painting.
  ///   - half: the same, halved.
  ///   - flow: where each of its pixels was in the frame before, in any size.
  ///   - motion: how far that is trusted, and what stands still, at half the size.
  ///   - strength: by how much strokes are made stronger along trusted motion.
  /// - Returns: what is to be added to the painting's channels, in levels of 255, a value a pixel.
  mutating func next(
    _ painting: ImageBuffer, half: ImageBuffer, along flow: Flow, _ motion: SceneMotion, strength: Float
  ) throws(FlowError) -> [Float] {
    let (width, height) = (painting.width, painting.height)
    let (luma, coarse) = (try GrayImage(painting), try GrayImage(half))
    let held = before.flatMap { $0.width == width && $0.height == height ? $0 : nil }
    let led = try held?.warped(by: flow.scaled(width: width, height: height))
    var kept = [UInt8](repeating: 0, count: painting.pixels)
    let added = [Float](unsafeUninitializedCapacity: painting.pixels) { added, count in
      kept.withUnsafeMutableBufferPointer { kept in
        luma.bytes.withUnsafeBufferPointer { luma in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * half.width * 2) { rows in
            guard let rows = rows.baseAddress else { return }
            for y in 0..<height {
              let row = Row(y, of: coarse, motion, in: rows)
              let range = y * width..<(y + 1) * width
              let (own, kept, added) = (luma[rebased: range], kept[rebased: range], added[rebased: range])
              guard let held, let led else {
                for x in 0..<width {
                  let strokes = Float(own[x]) - row.smooth[x]
                  kept[x] = FineStrokes.stored(strokes)
                  added[x] = strokes * row.trust[x] * strength
                }
                continue
              }
              held.bytes.withUnsafeBufferPointer { held in
                led.bytes.withUnsafeBufferPointer { led in
                  let (held, led) = (held[rebased: range], led[rebased: range])
                  for x in 0..<width {
                    let (trust, strokes) = (row.trust[x], Float(own[x]) - row.smooth[x])
                    // Finer strokes need a more exact motion than coarse ones.
                    let change = (Float(led[x]) - FineStrokes.none - strokes) * (Weights.movingFine * trust * trust)
                    added[x] = change + (strokes + change) * (trust * strength)
                    kept[x] = FineStrokes.stored(strokes + change + (Float(held[x]) - FineStrokes.none - strokes) * row.still[x])
                  }
                }
              }
            }
          }
        }
      }
      count = painting.pixels
    }
    before = try GrayImage(width: width, height: height, bytes: kept)
    return added
  }

  @inline(__always)
  private static func stored(_ strokes: Float) -> UInt8 { UInt8(rounded: max(0, min(255, strokes + none))) }

  /// A row at the painting's size of what is there at half of it.
  private struct Row {
    /// The halved painting's luma, interpolated.
    let smooth: UnsafeMutablePointer<Float>
    let trust: UnsafeMutablePointer<Float>
    let still: UnsafeMutablePointer<Float>

    init(_ y: Int, of coarse: GrayImage, _ motion: SceneMotion, in start: UnsafeMutablePointer<Float>) {
      let columns = coarse.width
      (smooth, trust, still) = (start, start + 2 * columns, start + 4 * columns)
      let place = Interpolation(y, of: 2, within: coarse.height)
      let (upper, lower, near) = (place.first * columns, place.second * columns, y / 2 * columns)
      coarse.bytes.withUnsafeBufferPointer { coarse in
        motion.moving.withUnsafeBufferPointer { moving in
          motion.still.withUnsafeBufferPointer { calm in
            var here = Float(coarse[upper]) + (Float(coarse[lower]) - Float(coarse[upper])) * place.share
            var left = here
            for column in 0..<columns {
              let next = min(column + 1, columns - 1)
              let right = Float(coarse[upper + next]) + (Float(coarse[lower + next]) - Float(coarse[upper + next])) * place.share
              smooth[2 * column] = left * 0.25 + here * 0.75
              smooth[2 * column + 1] = here * 0.75 + right * 0.25
              (left, here) = (here, right)
              trust[2 * column] = moving[near + column]
              trust[2 * column + 1] = moving[near + column]
              still[2 * column] = calm[near + column]
              still[2 * column + 1] = calm[near + column]
            }
          }
        }
      }
    }
  }
}

extension UnsafeBufferPointer {
  fileprivate subscript(rebased range: Range<Int>) -> UnsafeBufferPointer { UnsafeBufferPointer(rebasing: self[range]) }
}

extension UnsafeMutableBufferPointer {
  fileprivate subscript(rebased range: Range<Int>) -> UnsafeMutableBufferPointer {
    UnsafeMutableBufferPointer(rebasing: self[range])
  }
}
