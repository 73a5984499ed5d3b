/// What a plane has in its large areas: values over cells of sixteen by sixteen pixels, of which every third row is looked at, smoothed over three by three cells;
/// `CStrokes` takes them to be linear between the cells' centres.
///
/// Smoothed by 1 2 1: even weights would turn waves of two cells over, and what is taken away of them in each frame would grow.
struct AreaMeans {
  /// Four values a cell.
  let cells: [SIMD4<Float>]

  /// - Parameters:
  ///   - plane: the plane's shape.
  ///   - sum: adds to sums, eight for each cell, what the plane has in it.
  ///   - mean: what is made of a cell's sums.
  init(of plane: Plane.Shape, sum: (UnsafeMutablePointer<Float>) -> Void, mean: (SIMD8<Float>) -> SIMD4<Float>) {
    let (columns, rows) = (plane.cellColumns, plane.cellRows)
    var sums = [SIMD8<Float>](repeating: .zero, count: columns * rows)
    sums.withUnsafeMutableBytes { sums in
      if let sums = sums.baseAddress { sum(sums.assumingMemoryBound(to: Float.self)) }
    }
    cells = (0..<columns * rows).map { index in
      let (row, column) = (index / columns, index % columns)
      var sum = SIMD8<Float>.zero
      for near in max(0, row - 1)...min(rows - 1, row + 1) {
        for next in max(0, column - 1)...min(columns - 1, column + 1) {
          sum += sums[near * columns + next] * Float((near == row ? 2 : 1) * (next == column ? 2 : 1))
        }
      }
      return mean(sum)
    }
  }

  /// Gives the values as they lie in memory.
  func withFloats(_ body: (UnsafePointer<Float>) -> Void) {
    cells.withUnsafeBytes { cells in
      if let cells = cells.baseAddress { body(cells.assumingMemoryBound(to: Float.self)) }
    }
  }
}
