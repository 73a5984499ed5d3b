/// Pixels a side of an area.
let areaSide = 16

/// What a picture has in its large areas: means over cells of sixteen by sixteen pixels, of which every fourth is looked at, smoothed over three by three
/// cells, and interpolated between the cells' centres (along a row by `CStrokes`).
///
/// Smoothed by 1 2 1: even weights would turn waves of two cells over, and what is taken away of them in each frame would grow.
struct AreaMeans<Values: SIMD> where Values.Scalar == Float {
  private let columns: Int
  private let rows: Int
  private let cells: [Values]

  /// - Parameters:
  ///   - row: adds to sums, one for each cell of a row, what a row of pixels has; every second row is looked at.
  ///   - mean: what is made of a cell's sums.
  @inline(__always)
  init<Sums: SIMD>(
    width: Int, height: Int, row: (_ y: Int, UnsafeMutablePointer<Sums>) -> Void, mean: (Sums) -> Values
  ) where Sums.Scalar == Float {
    let side = areaSide
    let (columns, rows) = ((width + side - 1) / side, (height + side - 1) / side)
    var sums = [Sums](repeating: .zero, count: columns * rows)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      for y in stride(from: 0, to: height, by: 2) { row(y, sums + y / side * columns) }
    }
    cells = (0..<columns * rows).map { index in
      let (row, column) = (index / columns, index % columns)
      var sum = Sums.zero
      for near in max(0, row - 1)...min(rows - 1, row + 1) {
        for next in max(0, column - 1)...min(columns - 1, column + 1) {
          sum += sums[near * columns + next] * Float((near == row ? 2 : 1) * (next == column ? 2 : 1))
        }
      }
      return mean(sum)
    }
    (self.columns, self.rows) = (columns, rows)
  }

  /// The values along a row, cell by cell.
  func row(_ y: Int) -> [Values] {
    let place = Interpolation(y, of: areaSide, within: rows)
    let (one, two) = (place.first * columns, place.second * columns)
    return (0..<columns).map { column in
      let upper = cells[one + column]
      return upper + (cells[two + column] - upper) * place.share
    }
  }
}
