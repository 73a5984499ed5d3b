extension ImageBuffer {
  /// The picture in another size by Keys' cubic (a = -1/2). Going down the filter widens with the reduction, so that every pixel counts; going up it
  /// passes through the pixels there are. Rounded once. `width` and `height` are at least 1.
  public func resized(width: Int, height: Int) -> ImageBuffer {
    if width == self.width, height == self.height { return self }
    return ImageBuffer(width: width, height: height, depth: depth) { target in
      withUnsafeBytes { source in
        switch depth {
        case .eight:
          resize(
            source.bindMemory(to: UInt8.self), into: target.bindMemory(to: UInt8.self), across: Taps(from: self.width, to: width),
            down: Taps(from: self.height, to: height))
        case .sixteen:
          resize(
            source.bindMemory(to: UInt16.self), into: target.bindMemory(to: UInt16.self),
            across: Taps(from: self.width, to: width), down: Taps(from: self.height, to: height))
        }
      }
    }
  }

  /// For each place of the result where its pixels begin, and their weights, the same number for each.
  private struct Taps {
    let count: Int
    var starts: [Int] = []
    var weights: [Float] = []

    init(from old: Int, to new: Int) {
      let scale = Double(old) / Double(new)
      let widening = max(1, scale)
      count = min(old, Int((2 * widening).rounded(.up)) * 2 + 1)
      starts.reserveCapacity(new)
      weights.reserveCapacity(new * count)
      for place in 0..<new {
        let center = (Double(place) + 0.5) * scale
        let start = max(0, min(old - count, Int((center - 2 * widening).rounded(.down))))
        let row = (start..<start + count).map { Taps.cubic((Double($0) + 0.5 - center) / widening) }
        let sum = row.reduce(0, +)
        starts.append(start)
        weights += row.map { Float($0 / sum) }
      }
    }

    private static func cubic(_ distance: Double) -> Double {
      let x = abs(distance)
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
  }

  /// Down first, which many samples at a time can do, then across, a pixel at a time.
  private func resize<Sample: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeBufferPointer<Sample>, into target: UnsafeMutableBufferPointer<Sample>, across: Taps, down: Taps
  ) {
    guard let source = source.baseAddress, var target = target.baseAddress else { return }
    let samples = width * 3
    let limit = SIMD4<Float>(repeating: Float(Sample.max))
    // One more, as pixels are read by fours.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: samples + 1) { line in
      guard let line = line.baseAddress else { return }
      line[samples] = 0
      for (row, top) in down.starts.enumerated() {
        for tap in 0..<down.count {
          let (from, weight) = (source + (top + tap) * samples, down.weights[row * down.count + tap])
          if tap == 0 {
            for index in 0..<samples { line[index] = Float(from[index]) * weight }
          } else if weight != 0 {
            for index in 0..<samples { line[index] += Float(from[index]) * weight }
          }
        }
        across.weights.withUnsafeBufferPointer { weights in
          for (column, left) in across.starts.enumerated() {
            let from = UnsafeRawPointer(line + left * 3)
            var sum = SIMD4<Float>(repeating: 0)
            for tap in 0..<across.count {
              sum += from.loadUnaligned(fromByteOffset: tap * 12, as: SIMD4<Float>.self) * weights[column * across.count + tap]
            }
            let value = sum.clamped(lowerBound: .zero, upperBound: limit).rounded(.toNearestOrAwayFromZero)
            target[0] = Sample(value.x)
            target[1] = Sample(value.y)
            target[2] = Sample(value.z)
            target += 3
          }
        }
      }
    }
  }
}
