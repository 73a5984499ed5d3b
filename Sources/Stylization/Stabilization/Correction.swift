internal import Imaging
internal import OpticalFlow

/// What becomes of a painting, at half its size: shown = paint · painting + stay · (what was shown before) + shift.
///
/// Where the source moves, what was shown before is moved along and leads the painting's coarse half: what differs between the two, at half
/// size, is taken back but for large areas. Fine strokes stay the frame's own, so nothing is softened by being moved again and again. Where
/// the source stands still, what was shown stays, but for large areas, which follow the painting slowly.
struct Correction {
  private typealias Weights = StabilizationWeights

  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// A value a pixel.
  private(set) var paint: [Float]
  /// A value a pixel.
  let stay: [Float]
  /// Three values a pixel, in levels of 255.
  private(set) var shift: [Float]

  /// - Parameters:
  ///   - painting: the painting, halved.
  ///   - before: what was shown before, halved.
  ///   - motion: what the source has in common with the frame before, in their size.
  ///   - detail: by how much fine strokes are strengthened along trusted motion.
  init(_ painting: ImageBuffer, before: ImageBuffer, motion: SceneMotion, detail: Float) throws(FlowError) {
    (width, height) = (painting.width, painting.height)
    paint = motion.still.map { 1 - $0 }
    stay = motion.still
    shift = Correction.difference(before, painting)
    weigh(&shift, by: motion.still, all: 0, large: -Weights.stillColour)
    guard let flow = motion.flow else { return }
    var guide = Correction.difference(try warp(before, by: flow.scaled(width: width, height: height)), painting)
    weigh(&guide, by: motion.moving, all: Weights.moving, large: -Weights.moving * Weights.movingColour)
    add(guide, strengthening: painting, by: detail, where: motion.moving)
  }

  /// a - b in levels of 255.
  private static func difference(_ a: ImageBuffer, _ b: ImageBuffer) -> [Float] {
    a.withUnsafeBytes { x in
      b.withUnsafeBytes { y in
        switch a.depth {
        case .eight: subtract(x.bindMemory(to: UInt8.self), y.bindMemory(to: UInt8.self), 1)
        case .sixteen: subtract(x.bindMemory(to: UInt16.self), y.bindMemory(to: UInt16.self), 1.0 / 257)
        }
      }
    }
  }

  private static func subtract<Sample: BinaryInteger>(
    _ a: UnsafeBufferPointer<Sample>, _ b: UnsafeBufferPointer<Sample>, _ scale: Float
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: a.count) { result, count in
      for index in 0..<a.count { result[index] = (Float(a[index]) - Float(b[index])) * scale }
      count = a.count
    }
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

  /// Adds the guide, sharpened, to the shift; and strengthens by trust what the halved painting does not have.
  private mutating func add(_ guide: [Float], strengthening painting: ImageBuffer, by detail: Float, where trust: [Float]) {
    paint.withUnsafeMutableBufferPointer { paint in
      trust.withUnsafeBufferPointer { trust in
        for pixel in paint.indices { paint[pixel] += detail * trust[pixel] }
      }
    }
    painting.withUnsafeBytes { bytes in
      switch painting.depth {
      case .eight: add(guide, bytes.bindMemory(to: UInt8.self), trust, detail)
      case .sixteen: add(guide, bytes.bindMemory(to: UInt16.self), trust, detail / 257)
      }
    }
  }

  /// A guide's value grows by what it exceeds the mean of its four neighbours by.
  private mutating func add<Sample: BinaryInteger>(
    _ guide: [Float], _ painting: UnsafeBufferPointer<Sample>, _ trust: [Float], _ detail: Float
  ) {
    let (count, last, share) = (width * 3, width - 1, Weights.sharpening)
    shift.withUnsafeMutableBufferPointer { shift in
      guide.withUnsafeBufferPointer { guide in
        trust.withUnsafeBufferPointer { trust in
          for y in 0..<height {
            let (above, below) = (y > 0 ? -count : 0, y < height - 1 ? count : 0)
            for x in 0..<width {
              let (left, right) = (x > 0 ? -3 : 0, x < last ? 3 : 0)
              let strength = detail * trust[y * width + x]
              let first = y * count + x * 3
              for at in first..<first + 3 {
                let around = (guide[at + above] + guide[at + below] + guide[at + left] + guide[at + right]) * 0.25
                shift[at] += guide[at] + (guide[at] - around) * share - strength * Float(painting[at])
              }
            }
          }
        }
      }
    }
  }
}
