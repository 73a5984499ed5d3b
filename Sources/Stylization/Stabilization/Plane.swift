internal import CStrokes

/// A plane of a picture: levels of luma, or of every two by two pixels how far blue and red are from it. See `CStrokes`.
struct Plane {
  /// How a plane lies in memory.
  struct Shape {
    /// Pixels of a row.
    let width: Int
    /// Rows.
    let height: Int
    /// Floats of a pixel: one in luma, two in chroma.
    let channels: Int

    /// Floats from row to row: whole cells, padded with zeros.
    var stride: Int { cellColumns * Int(CS_CELL) }
    /// Cells of the picture's large areas: of 16 by 16 of its pixels, whatever the plane.
    var cellColumns: Int { (width * channels + Int(CS_CELL) - 1) / Int(CS_CELL) }
    var cellRows: Int { (height + cellHeight - 1) / cellHeight }
    /// Rows that a cell takes.
    var cellHeight: Int { Int(CS_CELL) / channels }
  }

  let shape: Shape
  /// Row by row.
  var values: [Float]

  /// A plane that `fill` writes: it gets all floats, uninitialised, and must write each but the rows' padding.
  init(_ shape: Shape, filledBy fill: (UnsafeMutablePointer<Float>) -> Void) {
    self.shape = shape
    let (floats, count) = (shape.width * shape.channels, shape.stride * shape.height)
    values = [Float](unsafeUninitializedCapacity: count) { values, initialised in
      if let start = values.baseAddress {
        if floats < shape.stride {
          for row in 0..<shape.height {
            (start + row * shape.stride + floats).initialize(repeating: 0, count: shape.stride - floats)
          }
        }
        fill(start)
      }
      initialised = count
    }
  }
}
