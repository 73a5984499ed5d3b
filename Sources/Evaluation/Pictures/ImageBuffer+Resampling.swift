internal import Imaging

/// What weighs the pixels around a place, as Pillow has it.
enum ResamplingFilter {
  /// Keys' cubic with a = -1/2.
  case bicubic
  /// A triangle.
  case bilinear

  /// How far it reaches, in pixels of the smaller of the two pictures.
  var support: Double { self == .bicubic ? 2 : 1 }

  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}

extension ImageBuffer {
  /// The picture in another size, antialiased: the filter widens with the reduction. The same bits as Pillow's `Image.resize` on 8-bit RGB:
  /// columns first, weights in 22 binary digits, rounded to 8 bits between the passes.
  func resampled(width: Int, height: Int, filter: ResamplingFilter = .bicubic) -> ImageBuffer {
    let across = width == self.width ? self : horizontally(Taps(from: self.width, to: width, filter), width: width)
    return height == self.height ? across : across.vertically(Taps(from: self.height, to: height, filter), height: height)
  }

  /// The most pixels that a picture may have once fitted: features of more take more memory than machines have.
  static let fittedLimit = 16_000_000

  /// The picture with its shorter side at so many pixels, the other rounded to even halves.
  func fitted(shorterSide: Int) -> ImageBuffer {
    let size = fittedSize(shorterSide: shorterSide)
    return resampled(width: size.width, height: size.height)
  }

  /// Refuses what is so long and thin that fitting it would make a giant of it.
  ///
  /// - Parameters:
  ///   - shorterSide: what it is to be fitted to, in pixels.
  ///   - path: the picture, for the error.
  /// - Throws: `EvaluationError.unusablePicture`.
  func checkFitting(shorterSide: Int, path: String) throws(EvaluationError) {
    let size = fittedSize(shorterSide: shorterSide)
    guard size.width * size.height > ImageBuffer.fittedLimit else { return }
    throw .unusablePicture(
      path: path,
      reason:
        "it is too long and thin (\(width)x\(height)): with \(shorterSide) pixels across it would be \(size.width)x\(size.height)"
    )
  }

  private func fittedSize(shorterSide: Int) -> (width: Int, height: Int) {
    let scale = Double(shorterSide) / Double(min(width, height))
    func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded(.toNearestOrEven))) }
    return (side(width), side(height))
  }

  /// For each place of the result: where its pixels begin, how many they are, and their weights.
  private struct Taps {
    static let digits = 22
    var starts: [Int] = []
    var counts: [Int] = []
    var weights: [Int] = []
    let stride: Int

    init(from old: Int, to new: Int, _ filter: ResamplingFilter) {
      let scale = Double(old) / Double(new)
      let widening = max(1, scale)
      let support = filter.support * widening
      stride = Int(support.rounded(.up)) * 2 + 1
      for place in 0..<new {
        let center = (Double(place) + 0.5) * scale
        let start = max(0, Int(center - support + 0.5))
        let end = min(old, Int(center + support + 0.5))
        var row = (start..<end).map { filter.weight((Double($0) - center + 0.5) / widening) }
        let sum = row.reduce(0, +)
        if sum != 0 { row = row.map { $0 / sum } }
        starts.append(start)
        counts.append(row.count)
        let whole = row.map { Int(($0 * Double(1 << Taps.digits)).rounded(.toNearestOrAwayFromZero)) }
        weights += whole + [Int](repeating: 0, count: stride - whole.count)
      }
    }
  }

  private func horizontally(_ taps: Taps, width: Int) -> ImageBuffer {
    resampled(taps, width: width, height: height) { row, column in (row * rowBytes + taps.starts[column] * 3, 3, column) }
  }

  private func vertically(_ taps: Taps, height: Int) -> ImageBuffer {
    resampled(taps, width: width, height: height) { row, column in (taps.starts[row] * rowBytes + column * 3, rowBytes, row) }
  }

  /// `place` gives the first byte that counts for a pixel, the distance to the next, and which taps.
  private func resampled(
    _ taps: Taps, width: Int, height: Int, _ place: (_ row: Int, _ column: Int) -> (first: Int, step: Int, taps: Int)
  ) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { target in
      withUnsafeBytes { source in
        taps.weights.withUnsafeBufferPointer { weights in
          for row in 0..<height {
            for column in 0..<width {
              let (first, step, index) = place(row, column)
              var sum = SIMD3<Int>(repeating: 1 << (Taps.digits - 1))
              var at = first
              for tap in 0..<taps.counts[index] {
                let weight = weights[index * taps.stride + tap]
                sum.x += Int(source[at]) * weight
                sum.y += Int(source[at + 1]) * weight
                sum.z += Int(source[at + 2]) * weight
                at += step
              }
              let to = (row * width + column) * 3
              target[to] = UInt8(max(0, min(255, sum.x >> Taps.digits)))
              target[to + 1] = UInt8(max(0, min(255, sum.y >> Taps.digits)))
              target[to + 2] = UInt8(max(0, min(255, sum.z >> Taps.digits)))
            }
          }
        }
      }
    }
  }
}
