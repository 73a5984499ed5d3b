/// What a picture's large areas have: weighted means over cells of eight by eight pixels, smoothed over three by three cells, and interpolated
/// between the cells' centres.
struct LowFrequencies {
  private static let side = 8
  private let columns: Int
  private let rows: Int
  private let cells: [SIMD4<Float>]
  private let places: [Interpolation]

  /// - Parameter value: up to three values of a pixel (row by row) times its weight, and in the last place the weight.
  @inline(__always)
  init(width: Int, height: Int, value: (Int) -> SIMD4<Float>) {
    let side = LowFrequencies.side
    let (columns, rows) = ((width + side - 1) / side, (height + side - 1) / side)
    var sums = [SIMD4<Float>](repeating: .zero, count: columns * rows)
    sums.withUnsafeMutableBufferPointer { sums in
      for y in 0..<height {
        for column in 0..<columns {
          var sum = SIMD4<Float>.zero
          for pixel in y * width + column * side..<y * width + min(width, (column + 1) * side) { sum += value(pixel) }
          sums[y / side * columns + column] += sum
        }
      }
    }
    cells = (0..<columns * rows).map { index in
      let (row, column) = (index / columns, index % columns)
      // A little of nothing beside: where hardly a pixel counts, there is no telling.
      var sum = SIMD4<Float>(0, 0, 0, 1)
      for near in max(0, row - 1)...min(rows - 1, row + 1) {
        for next in max(0, column - 1)...min(columns - 1, column + 1) { sum += sums[near * columns + next] }
      }
      return sum / sum.w
    }
    (self.columns, self.rows) = (columns, rows)
    places = (0..<width).map { Interpolation($0, of: side, within: columns) }
  }

  /// Gives the values at each column of a row.
  @inline(__always)
  func forEach(inRow y: Int, _ body: (Int, SIMD4<Float>) -> Void) {
    let place = Interpolation(y, of: LowFrequencies.side, within: rows)
    let (one, two) = (place.first * columns, place.second * columns)
    let line = (0..<columns).map { column -> SIMD4<Float> in
      let upper = cells[one + column]
      return upper + (cells[two + column] - upper) * place.share
    }
    line.withUnsafeBufferPointer { line in
      places.withUnsafeBufferPointer { places in
        for x in places.indices {
          let place = places[x]
          let left = line[place.first]
          body(x, left + (line[place.second] - left) * place.share)
        }
      }
    }
  }
}
