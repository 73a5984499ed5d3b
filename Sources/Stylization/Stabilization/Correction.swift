internal import Imaging
internal import OpticalFlow

/// What becomes of a painting, at half its size: shown = (1 - stay) · painting + stay · (what was shown before) + shift.
///
/// Where the source moves, what was shown before is moved along and leads the painting's coarse half: what differs between the two, at half
/// size, is taken back but for large areas, and strokes that lose contrast thereby are made stronger. Of what is finer `FineStrokes` takes care.
/// Where the source stands still, what was shown stays, but for large areas, which follow the painting slowly.
struct Correction {
  private typealias Weights = StabilizationWeights

  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// A value a pixel, 0…1.
  let stay: [Float]
  /// Three values a pixel, in levels of 255.
  private(set) var shift: [Float]
  /// How much of the shift is strokes made stronger: the next frame is led by what is shown without it, or they would grow from frame to frame.
  /// Three values a pixel; empty where nothing is led.
  private(set) var lift: [Float] = []
  /// How much contrast coarse strokes have where they are led by motion, before they are made stronger; a share of the painting's.
  private(set) var contrast: Float?

  /// - Parameters:
  ///   - painting: the painting, halved.
  ///   - before: what was shown before without its lift, halved.
  ///   - motion: what the source has in common with the frame before, in their size.
  ///   - strength: by how much strokes are made stronger along trusted motion.
  init(_ painting: ImageBuffer, before: ImageBuffer, motion: SceneMotion, strength: Float) throws(FlowError) {
    (width, height) = (painting.width, painting.height)
    stay = motion.still
    let own = painting.levels()
    shift = Correction.difference(before, own)
    weigh(&shift, by: motion.still, all: 0, large: -Weights.stillColour)
    guard let flow = motion.flow else { return }
    var guide = Correction.difference(try warp(before, by: flow.scaled(width: width, height: height), .bicubic), own)
    weigh(&guide, by: motion.moving, all: Weights.moving, large: -Weights.moving * Weights.movingColour)
    lead(own, by: guide, where: motion.moving, strength)
  }

  private static func difference(_ picture: ImageBuffer, _ own: [Float]) -> [Float] {
    var result = picture.levels()
    result.withUnsafeMutableBufferPointer { result in
      own.withUnsafeBufferPointer { own in
        for index in result.indices { result[index] -= own[index] }
      }
    }
    return result
  }

  /// Pixel by pixel: weight · (`all` · value + `large` · the value of the large area around).
  private func weigh(_ values: inout [Float], by weights: [Float], all: Float, large: Float) {
    weights.withUnsafeBufferPointer { weights in
      values.withUnsafeMutableBufferPointer { values in
        let areas = LowFrequencies(width: width, height: height) { pixel in
          SIMD4(values[pixel * 3], values[pixel * 3 + 1], values[pixel * 3 + 2], 1) * weights[pixel]
        }
        for y in 0..<height {
          areas.forEach(inRow: y) { x, area in
            let pixel = y * width + x
            let (own, around) = (weights[pixel] * all, weights[pixel] * large)
            for channel in 0..<3 {
              values[pixel * 3 + channel] = values[pixel * 3 + channel] * own + area[channel] * around
            }
          }
        }
      }
    }
  }

  /// Adds the guide, and makes the strokes that it leads stronger by trust.
  private mutating func lead(_ own: [Float], by guide: [Float], where trust: [Float], _ strength: Float) {
    lift = [Float](repeating: 0, count: guide.count)
    var (was, now) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
    own.withUnsafeBufferPointer { own in
      guide.withUnsafeBufferPointer { guide in
        trust.withUnsafeBufferPointer { trust in
          shift.withUnsafeMutableBufferPointer { shift in
            lift.withUnsafeMutableBufferPointer { lift in
              let areas = LowFrequencies(width: width, height: height) { pixel in
                SIMD4(own[pixel * 3], own[pixel * 3 + 1], own[pixel * 3 + 2], 1)
              }
              for y in 0..<height {
                areas.forEach(inRow: y) { x, area in
                  let pixel = y * width + x
                  let (at, weight) = (pixel * 3, trust[pixel])
                  let strokes = SIMD4(own[at], own[at + 1], own[at + 2], area.w) - area
                  let led = SIMD4(guide[at], guide[at + 1], guide[at + 2], 0)
                  let stronger = (strokes + led) * (strength * weight)
                  for channel in 0..<3 {
                    shift[at + channel] += led[channel] + stronger[channel]
                    lift[at + channel] = stronger[channel]
                  }
                  was += strokes * strokes * weight
                  now += (strokes + led) * (strokes + led) * weight
                }
              }
            }
          }
        }
      }
    }
    contrast = was.sum() > 0 ? (now.sum() / was.sum()).squareRoot() : nil
  }
}
