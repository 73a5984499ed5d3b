/// The mean over a square of `2 radius + 1` pixels a side, cut off at the picture's edge.
func boxMeans(_ values: [Float], width: Int, height: Int, radius: Int = 2) -> [Float] {
  let shares = (0..<width).map { 1 / Float(min(width - 1, $0 + radius) - max(0, $0 - radius) + 1) }
  // A row with nothing on both sides of it.
  var column = [Float](repeating: 0, count: width + 2 * radius)
  return [Float](unsafeUninitializedCapacity: values.count) { means, count in
    column.withUnsafeMutableBufferPointer { column in
      values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress, let means = means.baseAddress, let padded = column.baseAddress else { return }
        let sums = padded + radius
        for y in 0..<height {
          let (first, last) = (max(0, y - radius), min(height - 1, y + radius))
          sums.update(repeating: 0, count: width)
          for row in first...last {
            let from = values + row * width
            for x in 0..<width { sums[x] += from[x] }
          }
          let to = means + y * width
          to.initialize(repeating: 0, count: width)
          for step in -radius...radius {
            let from = sums + step
            for x in 0..<width { to[x] += from[x] }
          }
          let share = 1 / Float(last - first + 1)
          for x in 0..<width { to[x] *= share * shares[x] }
        }
      }
    }
    count = values.count
  }
}
