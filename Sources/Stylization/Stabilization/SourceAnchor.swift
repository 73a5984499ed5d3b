internal import Imaging

/// The source as it was where and when what is shown was painted, at half the frame's size.
///
/// What stands still is compared with this, not with the frame before: a slow change adds up until the painting is renewed.
struct SourceAnchor {
  /// Three values a pixel, 0…255.
  private var samples: [Float]

  init(_ picture: ImageBuffer) {
    samples = picture.withUnsafeBytes { $0.map { Float($0) } }
  }

  /// The green of a pixel.
  @inline(__always)
  func green(_ pixel: Int) -> Float { samples[pixel * 3 + 1] }

  /// Follows the camera's exposure.
  mutating func brighten(by gain: Float) {
    guard gain != 1 else { return }
    samples.withUnsafeMutableBufferPointer { samples in
      for index in samples.indices { samples[index] = min(255, samples[index] * gain) }
    }
  }

  /// The mean over channels of how far a picture is from this, 0…255, a value a pixel.
  func change(to picture: ImageBuffer) -> [Float] {
    [Float](unsafeUninitializedCapacity: picture.pixels) { result, count in
      samples.withUnsafeBufferPointer { samples in
        picture.withUnsafeBytes { picture in
          for pixel in 0..<result.count {
            let at = pixel * 3
            let sum =
              abs(Float(picture[at]) - samples[at]) + abs(Float(picture[at + 1]) - samples[at + 1])
              + abs(Float(picture[at + 2]) - samples[at + 2])
            result[pixel] = sum / 3
          }
        }
      }
      count = picture.pixels
    }
  }

  /// Takes over a picture as far as it does not stand still.
  mutating func renew(_ picture: ImageBuffer, still: [Float]) {
    samples.withUnsafeMutableBufferPointer { samples in
      still.withUnsafeBufferPointer { still in
        picture.withUnsafeBytes { picture in
          for pixel in still.indices {
            for at in pixel * 3..<pixel * 3 + 3 {
              let now = Float(picture[at])
              samples[at] = now + (samples[at] - now) * still[pixel]
            }
          }
        }
      }
    }
  }
}
