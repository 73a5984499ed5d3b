extension ImageBuffer {
  /// The picture with `amount` times its difference from its mean by 1-2-1 both ways added (unsharp masking). Edges repeat.
  public func sharpened(by amount: Float) -> ImageBuffer {
    guard amount != 0 else { return self }
    return ImageBuffer(width: width, height: height, depth: depth) { target in
      withUnsafeBytes { source in
        switch depth {
        case .eight: sharpen(source.bindMemory(to: UInt8.self), into: target.bindMemory(to: UInt8.self), amount)
        case .sixteen: sharpen(source.bindMemory(to: UInt16.self), into: target.bindMemory(to: UInt16.self), amount)
        }
      }
    }
  }

  private func sharpen<Sample: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeBufferPointer<Sample>, into target: UnsafeMutableBufferPointer<Sample>, _ amount: Float
  ) {
    guard let source = source.baseAddress, let target = target.baseAddress else { return }
    let (samples, limit) = (width * 3, Float(Sample.max))
    // Down into a line with a pixel more on either side, then across.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: samples + 6) { line in
      guard let line = line.baseAddress else { return }
      for row in 0..<height {
        let center = source + row * samples
        let above = source + max(0, row - 1) * samples
        let below = source + min(height - 1, row + 1) * samples
        for index in 0..<samples { line[index + 3] = Float(above[index]) + 2 * Float(center[index]) + Float(below[index]) }
        for index in 0..<3 {
          line[index] = line[index + 3]
          line[samples + 3 + index] = line[samples + index]
        }
        let to = target + row * samples
        for index in 0..<samples {
          let mean = (line[index] + 2 * line[index + 3] + line[index + 6]) / 16
          let value = Float(center[index]) + amount * (Float(center[index]) - mean)
          to[index] = Sample(max(0, min(limit, value.rounded(.toNearestOrAwayFromZero))))
        }
      }
    }
  }
}
