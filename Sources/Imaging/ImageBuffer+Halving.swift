extension ImageBuffer {
  /// The picture at half the size, each pixel the rounded mean of two by two; at an odd end the last row or column counts twice.
  public func halved() -> ImageBuffer {
    let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
    return ImageBuffer(width: columns, height: rows, depth: depth) { target in
      withUnsafeBytes { source in
        switch depth {
        case .eight:
          halve(source.bindMemory(to: UInt8.self), into: target.bindMemory(to: UInt8.self), columns: columns, rows: rows)
        case .sixteen:
          halve(source.bindMemory(to: UInt16.self), into: target.bindMemory(to: UInt16.self), columns: columns, rows: rows)
        }
      }
    }
  }

  private func halve<Sample: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeBufferPointer<Sample>, into target: UnsafeMutableBufferPointer<Sample>, columns: Int, rows: Int
  ) {
    for row in 0..<rows {
      let upper = row * 2 * width
      let lower = min(row * 2 + 1, height - 1) * width
      for column in 0..<columns {
        let (left, right) = (column * 2, min(column * 2 + 1, width - 1))
        for channel in 0..<3 {
          let sum =
            UInt32(source[(upper + left) * 3 + channel]) + UInt32(source[(upper + right) * 3 + channel])
            + UInt32(source[(lower + left) * 3 + channel]) + UInt32(source[(lower + right) * 3 + channel])
          target[(row * columns + column) * 3 + channel] = Sample((sum + 2) / 4)
        }
      }
    }
  }
}
