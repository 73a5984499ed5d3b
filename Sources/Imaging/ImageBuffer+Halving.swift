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
    guard var target = target.baseAddress, let source = source.baseAddress else { return }
    let (count, pairs) = (width * 3, width / 2)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { sums in
      guard let sums = sums.baseAddress else { return }
      for row in 0..<rows {
        let upper = source + row * 2 * count
        let lower = source + min(row * 2 + 1, height - 1) * count
        // Down first, which many samples at a time can do, then across.
        for index in 0..<count {
          sums[index] = UInt32(truncatingIfNeeded: upper[index]) &+ UInt32(truncatingIfNeeded: lower[index]) &+ 1
        }
        for column in 0..<pairs {
          let (from, to) = (sums + column * 6, target + column * 3)
          for channel in 0..<3 { to[channel] = Sample(truncatingIfNeeded: (from[channel] &+ from[channel + 3]) >> 2) }
        }
        if pairs < columns {
          for index in 0..<3 { target[pairs * 3 + index] = Sample(truncatingIfNeeded: (sums[pairs * 6 + index] * 2) >> 2) }
        }
        target += columns * 3
      }
    }
  }
}
