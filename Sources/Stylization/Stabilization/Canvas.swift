internal import Imaging
internal import OpticalFlow

/// A frame as it was shown, in levels of 255 and their fractions: an average that is rounded each time never reaches what it tends to.
struct Canvas {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// Red, green, blue and nothing, row by row.
  var pixels: [SIMD4<Float>]

  init(_ picture: ImageBuffer) {
    (width, height) = (picture.width, picture.height)
    pixels =
      switch picture.depth {
      case .eight: Canvas.levels(picture, of: UInt8.self, scale: 1)
      case .sixteen: Canvas.levels(picture, of: UInt16.self, scale: 1 / 257)
      }
  }

  private static func levels<Sample: FixedWidthInteger & UnsignedInteger>(
    _ picture: ImageBuffer, of type: Sample.Type, scale: Float
  ) -> [SIMD4<Float>] {
    [SIMD4<Float>](unsafeUninitializedCapacity: picture.pixels) { pixels, count in
      picture.withUnsafeBytes { bytes in
        let samples = bytes.bindMemory(to: Sample.self)
        for pixel in 0..<picture.pixels {
          let at = pixel * 3
          pixels[pixel] = SIMD4(Float(samples[at]), Float(samples[at + 1]), Float(samples[at + 2]), 0) * scale
        }
      }
      count = picture.pixels
    }
  }

  /// The picture in samples of so many bits.
  func picture(depth: ImageBuffer.Depth) -> ImageBuffer {
    ImageBuffer(width: width, height: height, depth: depth) { bytes in
      switch depth {
      case .eight: store(in: bytes.bindMemory(to: UInt8.self), scale: 1)
      case .sixteen: store(in: bytes.bindMemory(to: UInt16.self), scale: 257)
      }
    }
  }

  private func store<Sample: FixedWidthInteger & UnsignedInteger>(in samples: UnsafeMutableBufferPointer<Sample>, scale: Float) {
    pixels.withUnsafeBufferPointer { pixels in
      for pixel in pixels.indices {
        let value = pixels[pixel] * scale
        for channel in 0..<3 { samples[pixel * 3 + channel] = Sample(rounded: value[channel]) }
      }
    }
  }

  /// What was shown, moved along with the source, where it is led at all; elsewhere black.
  ///
  /// - Parameters:
  ///   - flow: where each pixel was in the frame before, at half the size.
  ///   - led: how far pixels are led, in the flow's size.
  ///   - kernel: what reads between pixels.
  func moved(along flow: Flow, where led: [Float], by kernel: StrokeKernel) -> [SIMD4<Float>] {
    [SIMD4<Float>](unsafeUninitializedCapacity: pixels.count) { moved, count in
      guard let moved = moved.baseAddress else { return }
      var places = [SIMD4<Float>](repeating: .zero, count: 2 * flow.width)
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<height {
          Canvas.place(flow, led, inRow: y, into: &places)
          kernel.read(pixels, width: width, height: height, at: places, count: width, into: moved + y * width)
        }
      }
      count = pixels.count
    }
  }

  /// Where the pixels of a row were, and how far they are led, by a flow at half the size.
  private static func place(_ flow: Flow, _ led: [Float], inRow y: Int, into places: inout [SIMD4<Float>]) {
    let place = Interpolation(y, of: 2, within: flow.height)
    let (upper, lower) = (place.first * flow.width, place.second * flow.width)
    flow.vectors.withUnsafeBufferPointer { vectors in
      led.withUnsafeBufferPointer { led in
        func way(_ column: Int) -> SIMD4<Float> {
          let (one, two) = (vectors[upper + column], vectors[lower + column])
          let above = SIMD4(2 * one.x, 2 * one.y, led[upper + column], 0)
          return above + (SIMD4(2 * two.x, 2 * two.y, led[lower + column], 0) - above) * place.share
        }
        var here = way(0)
        var left = here
        for column in 0..<flow.width {
          let right = way(min(column + 1, flow.width - 1))
          let own = SIMD4(Float(2 * column), Float(y), 0, 0)
          places[2 * column] = own + left * 0.25 + here * 0.75
          places[2 * column + 1] = own + SIMD4(1, 0, 0, 0) + here * 0.75 + right * 0.25
          (left, here) = (here, right)
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
