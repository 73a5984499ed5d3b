internal import Imaging

extension ImageBuffer {
  /// The samples in levels of 255.
  func levels() -> [Float] {
    withUnsafeBytes { bytes in
      switch depth {
      case .eight: bytes.map { Float($0) }
      case .sixteen: bytes.bindMemory(to: UInt16.self).map { Float($0) * (1.0 / 257) }
      }
    }
  }

  /// The picture less some levels of 255, sample by sample.
  func lowered(by levels: [Float]) -> ImageBuffer {
    switch depth {
    case .eight: lowered(by: levels, as: UInt8.self, scale: 1)
    case .sixteen: lowered(by: levels, as: UInt16.self, scale: 257)
    }
  }

  private func lowered<Sample: FixedWidthInteger & UnsignedInteger>(by levels: [Float], as type: Sample.Type, scale: Float)
    -> ImageBuffer
  {
    let most = Float(Sample.max)
    return ImageBuffer(width: width, height: height, depth: depth) { target in
      let target = target.bindMemory(to: Sample.self)
      withUnsafeBytes { source in
        let source = source.bindMemory(to: Sample.self)
        levels.withUnsafeBufferPointer { levels in
          for index in levels.indices {
            target[index] = Sample(rounded: max(0, min(most, Float(source[index]) - levels[index] * scale)))
          }
        }
      }
    }
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  /// The integer nearest to a number that lies in the type's range. Adding 2^23 rounds, and leaves the integer in the lowest bits; conversions that check
  /// would take longer than all the rest.
  @inline(__always)
  init(rounded value: Float) {
    self.init(truncatingIfNeeded: (value + 0x1p23).bitPattern)
  }
}
