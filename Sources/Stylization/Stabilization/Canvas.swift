internal import CStrokes
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
    pixels = [SIMD4<Float>](unsafeUninitializedCapacity: picture.pixels) { pixels, count in
      picture.withUnsafeBytes { bytes in
        switch picture.depth {
        case .eight:
          guard let pixels = pixels.baseAddress, let samples = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
          cs_levels(samples, Int32(picture.pixels), mutableFloats(pixels))
        case .sixteen:
          let samples = bytes.bindMemory(to: UInt16.self)
          for pixel in 0..<picture.pixels {
            let at = pixel * 3
            pixels[pixel] = SIMD4(Float(samples[at]), Float(samples[at + 1]), Float(samples[at + 2]), 0) / 257
          }
        }
      }
      count = picture.pixels
    }
  }

  /// The picture in samples of so many bits.
  func picture(depth: ImageBuffer.Depth) -> ImageBuffer {
    ImageBuffer(width: width, height: height, depth: depth) { bytes in
      pixels.withUnsafeBufferPointer { pixels in
        switch depth {
        case .eight:
          guard let pixels = pixels.baseAddress, let samples = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
          cs_samples(floats(pixels), Int32(width * height), samples)
        case .sixteen:
          let samples = bytes.bindMemory(to: UInt16.self)
          for pixel in pixels.indices {
            let value = pixels[pixel] * 257
            for channel in 0..<3 { samples[pixel * 3 + channel] = UInt16(value[channel].rounded()) }
          }
        }
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
    places.withUnsafeMutableBufferPointer { places in
      flow.vectors.withUnsafeBufferPointer { vectors in
        led.withUnsafeBufferPointer { led in
          guard let places = places.baseAddress, let vectors = vectors.baseAddress, let led = led.baseAddress else { return }
          let ways = cs_ways(
            upper: floats(vectors + upper), lower: floats(vectors + lower), led_upper: led + upper, led_lower: led + lower,
            share: place.share)
          cs_places(ways, Int32(flow.width), Int32(y), mutableFloats(places))
        }
      }
    }
  }
}
