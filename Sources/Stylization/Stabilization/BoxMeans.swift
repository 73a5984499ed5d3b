internal import OpticalFlow

/// The mean over a square of `2 radius + 1` pixels a side, cut off at the picture's edge.
func boxMeans(_ values: [Float], width: Int, height: Int, radius: Int = 2) -> [Float] {
  [Float](unsafeUninitializedCapacity: values.count) { means, count in
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress, let means = means.baseAddress else { return }
      boxMeans(of: values, channels: 1, width: width, height: height, radius: radius, to: means)
    }
    count = values.count
  }
}

extension Flow {
  /// The flow without what differs from pixel to pixel: the mean over a square of `2 radius + 1` pixels a side.
  func smoothed(radius: Int) throws(FlowError) -> Flow {
    let means = [SIMD2<Float>](unsafeUninitializedCapacity: vectors.count) { means, count in
      vectors.withUnsafeBytes { vectors in
        UnsafeMutableRawBufferPointer(means).withMemoryRebound(to: Float.self) { means in
          guard let vectors = vectors.baseAddress, let means = means.baseAddress else { return }
          boxMeans(
            of: vectors.assumingMemoryBound(to: Float.self), channels: 2, width: width, height: height, radius: radius, to: means)
        }
      }
      count = vectors.count
    }
    return try Flow(width: width, height: height, vectors: means)
  }
}

/// `height` rows of `width` pixels of `channels` values each.
private func boxMeans(
  of values: UnsafePointer<Float>, channels: Int, width: Int, height: Int, radius: Int, to means: UnsafeMutablePointer<Float>
) {
  let (length, padding) = (width * channels, radius * channels)
  let shares = (0..<length).map { place in
    let x = place / channels
    return 1 / Float(min(width - 1, x + radius) - max(0, x - radius) + 1)
  }
  // A row with nothing on both sides of it.
  var column = [Float](repeating: 0, count: length + 2 * padding)
  column.withUnsafeMutableBufferPointer { column in
    guard let sums = column.baseAddress.map({ $0 + padding }) else { return }
    for y in 0..<height {
      let (first, last) = (max(0, y - radius), min(height - 1, y + radius))
      sums.update(repeating: 0, count: length)
      for row in first...last {
        let from = values + row * length
        for x in 0..<length { sums[x] += from[x] }
      }
      let to = means + y * length
      to.initialize(repeating: 0, count: length)
      for step in -radius...radius {
        let from = sums + step * channels
        for x in 0..<length { to[x] += from[x] }
      }
      let share = 1 / Float(last - first + 1)
      for x in 0..<length { to[x] *= share * shares[x] }
    }
  }
}
