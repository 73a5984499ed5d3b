/// What a plane has in its large areas: values over cells of sixteen by sixteen pixels, of which every third row is looked at, smoothed over three by three cells;
/// `CStrokes` takes them to be linear between the cells' centres.
///
/// Smoothed by 1 2 1: even weights would turn waves of two cells over, and what is taken away of them in each frame would grow.
struct AreaMeans {
  /// Four values a cell.
  let cells: [SIMD4<Float>]

  /// - Parameters:
  ///   - plane: the plane's shape.
  ///   - isSpread: whether cells that have nothing in the sums 3, 4 and 5, the last being a share, take them from the nearest that do.
  ///   - sum: adds to sums, eight for each cell, what the plane has in it.
  ///   - mean: what is made of a cell's index and sums.
  init(
    of plane: Plane.Shape, isSpread: Bool = false, sum: (UnsafeMutablePointer<Float>) -> Void,
    mean: (Int, SIMD8<Float>) -> SIMD4<Float>
  ) {
    let (columns, rows) = (plane.cellColumns, plane.cellRows)
    var sums = [SIMD8<Float>](repeating: .zero, count: columns * rows)
    sums.withUnsafeMutableBytes { sums in
      if let sums = sums.baseAddress { sum(sums.assumingMemoryBound(to: Float.self)) }
    }
    if isSpread { sums = spread(sums, columns: columns, rows: rows, lanes: SIMD8(0, 0, 0, 1, 1, 1, 0, 0), share: 5) }
    cells = smoothed(sums, columns: columns, rows: rows).enumerated().map { mean($0, $1) }
  }

  /// Gives the values as they lie in memory.
  func withFloats(_ body: (UnsafePointer<Float>) -> Void) {
    cells.withUnsafeBytes { cells in
      if let cells = cells.baseAddress { body(cells.assumingMemoryBound(to: Float.self)) }
    }
  }
}

/// Sums over three by three cells, weighted 1 2 1.
func smoothed(_ sums: [SIMD8<Float>], columns: Int, rows: Int) -> [SIMD8<Float>] {
  (0..<columns * rows).map { index in
    let (row, column) = (index / columns, index % columns)
    var sum = SIMD8<Float>.zero
    for near in max(0, row - 1)...min(rows - 1, row + 1) {
      for next in max(0, column - 1)...min(columns - 1, column + 1) {
        sum += sums[near * columns + next] * Float((near == row ? 2 : 1) * (next == column ? 2 : 1))
      }
    }
    return sum
  }
}

/// Adds to each cell a share of one of what others have, near or far, in some lanes: a pyramid, each level of which has half the columns and rows of the one before. It counts
/// where a cell and those beside it have nothing of their own.
///
/// - Parameters:
///   - lanes: 1 for the lanes that are spread, else 0.
///   - share: the lane in which their share is, one of them.
func spread(_ sums: [SIMD8<Float>], columns: Int, rows: Int, lanes: SIMD8<Float>, share: Int) -> [SIMD8<Float>] {
  guard columns > 1 || rows > 1 else { return sums }
  let (halfColumns, halfRows) = ((columns + 1) / 2, (rows + 1) / 2)
  var halves = [SIMD8<Float>](repeating: .zero, count: halfColumns * halfRows)
  for row in 0..<rows {
    for column in 0..<columns { halves[row / 2 * halfColumns + column / 2] += sums[row * columns + column] }
  }
  let far = spread(halves, columns: halfColumns, rows: halfRows, lanes: lanes, share: share)
  var result = sums
  for row in 0..<rows {
    for column in 0..<columns {
      // Linear between the centres of cells of twice the size.
      let beside = max(0, min(halfColumns - 1, column / 2 + (column % 2 == 0 ? -1 : 1)))
      let above = max(0, min(halfRows - 1, row / 2 + (row % 2 == 0 ? -1 : 1)))
      let own = far[row / 2 * halfColumns + column / 2] * 9 + far[row / 2 * halfColumns + beside] * 3
      let sum = own + far[above * halfColumns + column / 2] * 3 + far[above * halfColumns + beside]
      if sum[share] > 0 { result[row * columns + column] += sum * lanes / sum[share] }
    }
  }
  return result
}
