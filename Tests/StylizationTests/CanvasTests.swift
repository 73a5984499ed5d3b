import Imaging
import Testing

@testable import Stylization

/// Pictures become canvases and come back.
@Suite struct CanvasTests {
  /// Every size has other pixels left over where several are taken at once.
  @Test(arguments: 1...23) func `eight bits survive the way there and back`(_ width: Int) {
    let height = 3
    let samples = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 167 + 13) }
    let picture = ImageBuffer(width: width, height: height, depth: .eight) { $0.copyBytes(from: samples) }
    let canvas = Canvas(picture)
    for pixel in 0..<width * height {
      let expected = SIMD4(Float(samples[pixel * 3]), Float(samples[pixel * 3 + 1]), Float(samples[pixel * 3 + 2]), 0)
      #expect(canvas.pixels[pixel] == expected)
    }
    #expect(canvas.picture(depth: .eight) == picture)
  }

  @Test func `fractions are rounded to the nearest level`() {
    var canvas = Canvas(ImageBuffer(width: 11, height: 1, depth: .eight) { _ in })
    for pixel in 0..<11 { canvas.pixels[pixel] = SIMD4(0.4, 200.6, 255, 99) - SIMD4(0, Float(pixel) * 0.1, 0, 0) }
    canvas.picture(depth: .eight).withUnsafeBytes { bytes in
      for pixel in 0..<11 {
        #expect(bytes[pixel * 3] == 0)
        #expect(bytes[pixel * 3 + 1] == UInt8((200.6 - Float(pixel) * 0.1).rounded(.toNearestOrEven)))
        #expect(bytes[pixel * 3 + 2] == 255)
      }
    }
  }

  @Test func `sixteen bits keep what lies between levels`() {
    let samples = (0..<27).map { UInt16($0 * 2427) }
    let picture = ImageBuffer(width: 9, height: 1, depth: .sixteen) { bytes in
      samples.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    #expect(Canvas(picture).picture(depth: .sixteen) == picture)
  }
}
