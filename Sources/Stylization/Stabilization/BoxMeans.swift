/// The mean over a square of `2 radius + 1` pixels a side, cut off at the picture's edge.
func boxMeans(_ values: [Float], width: Int, height: Int, radius: Int = 2) -> [Float] {
  var rows = [Float](repeating: 0, count: values.count)
  for y in 0..<height {
    for x in 0..<width {
      let (first, last) = (max(0, x - radius), min(width - 1, x + radius))
      var sum: Float = 0
      for column in first...last { sum += values[y * width + column] }
      rows[y * width + x] = sum / Float(last - first + 1)
    }
  }
  var result = [Float](repeating: 0, count: values.count)
  for y in 0..<height {
    let (first, last) = (max(0, y - radius), min(height - 1, y + radius))
    let share = 1 / Float(last - first + 1)
    for row in first...last {
      for x in 0..<width { result[y * width + x] += rows[row * width + x] * share }
    }
  }
  return result
}
