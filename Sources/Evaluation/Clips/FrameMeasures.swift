internal import Imaging
internal import OpticalFlow

/// What one frame, or two, tell without any flow.
enum FrameMeasures {
  /// The variance of the Laplacian (4-neighbour, edges mirrored) of the grey picture, 0…255 a step: less where a stabiliser blurs
  /// (Pech-Pacheco et al. 2000).
  static func sharpness(_ picture: ImageBuffer) throws(FlowError) -> Double {
    let gray = try GrayImage(picture)
    let (width, height) = (gray.width, gray.height)
    var (sum, squares) = (0, 0)
    gray.bytes.withUnsafeBufferPointer { pixels in
      for y in 0..<height {
        let above = (y > 0 ? y - 1 : min(1, height - 1)) * width
        let below = (y + 1 < height ? y + 1 : max(0, height - 2)) * width
        for x in 0..<width {
          let left = x > 0 ? x - 1 : min(1, width - 1)
          let right = x + 1 < width ? x + 1 : max(0, width - 2)
          let value =
            Int(pixels[above + x]) + Int(pixels[below + x]) + Int(pixels[y * width + left]) + Int(pixels[y * width + right])
            - 4 * Int(pixels[y * width + x])
          sum += value
          squares += value * value
        }
      }
    }
    let count = Double(width * height)
    let mean = Double(sum) / count
    return Double(squares) / count - mean * mean
  }

  /// How far two levels may be apart in a source that stands still: what compression and a sensor's noise leave.
  static let stillness = 2

  /// How much stands still from one frame to the next, and how much each picture changes there.
  struct Flicker {
    /// Pixels that stand still.
    var pixels = 0
    /// Summed over their channels: absolute differences of the source, and of each output.
    var source = 0
    var outputs: [Int]
  }

  /// Compares two frames where no channel of the source changes by more than `stillness`.
  static func flicker(
    source: (ImageBuffer, ImageBuffer), outputs: [(ImageBuffer, ImageBuffer)]
  ) -> Flicker {
    var flicker = Flicker(outputs: outputs.map { _ in 0 })
    var still: [Int32] = []
    source.0.withUnsafeBytes { a in
      source.1.withUnsafeBytes { b in
        for pixel in 0..<source.0.pixels {
          var (worst, sum) = (0, 0)
          for byte in 3 * pixel..<3 * pixel + 3 {
            let difference = abs(Int(a[byte]) - Int(b[byte]))
            worst = max(worst, difference)
            sum += difference
          }
          guard worst <= stillness else { continue }
          still.append(Int32(3 * pixel))
          flicker.source += sum
        }
      }
    }
    flicker.pixels = still.count
    for (index, output) in outputs.enumerated() {
      output.0.withUnsafeBytes { a in
        output.1.withUnsafeBytes { b in
          var sum = 0
          for start in still {
            for byte in Int(start)..<Int(start) + 3 { sum += abs(Int(a[byte]) - Int(b[byte])) }
          }
          flicker.outputs[index] = sum
        }
      }
    }
    return flicker
  }
}
