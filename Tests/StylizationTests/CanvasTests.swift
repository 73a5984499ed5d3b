import Imaging
import Media
import StyleNetworks
import Testing

@testable import Stylization

/// Pictures become canvases and come back.
@Suite struct CanvasTests {
  private static func picture(width: Int, height: Int, _ sample: (_ x: Int, _ y: Int, _ channel: Int) -> UInt8) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      for index in bytes.indices { bytes[index] = sample(index / 3 % width, index / 3 / width, index % 3) }
    }
  }

  /// Every size has other pixels left over where several are taken at once.
  @Test(arguments: Array(1...23) + [127, 128, 129, 255, 257, 300]) func `grey survives the way there and back`(_ width: Int) {
    for height in [1, 2, 3, 4, 5] {
      let picture = Self.picture(width: width, height: height) { (x, y, _) in
        UInt8(truncatingIfNeeded: (y * width + x) * 167 + 13)
      }
      let canvas = Canvas(picture)
      #expect(canvas.picture(depth: .eight) == picture)
      for (index, value) in canvas.luma.values.enumerated() {
        let (x, y) = (index % canvas.luma.shape.stride, index / canvas.luma.shape.stride)
        #expect(abs(value - (x < width ? Float(picture.bytes[(y * width + x) * 3]) : 0)) < 1e-3)
      }
      #expect(canvas.chroma.values.allSatisfy { abs($0) < 1e-3 })
    }
  }

  @Test(arguments: [(1, 1), (2, 2), (7, 5), (130, 3), (129, 6)]) func `one colour does too`(width: Int, height: Int) {
    let colour: [UInt8] = [201, 17, 96]
    for depth in [ImageBuffer.Depth.eight, .sixteen] {
      let picture = Self.picture(width: width, height: height) { _, _, channel in colour[channel] }
      let deep = depth == .eight ? picture : StabilizerTests.inSixteenBits(picture)
      #expect(Canvas(deep).picture(depth: depth) == deep)
    }
  }

  @Test(arguments: [(9, 7), (130, 4), (255, 5), (256, 6)]) func `differences of colour are filtered to half the size`(
    width: Int, height: Int
  ) {
    let values = SeededValues.uniform(count: width * height * 3, seed: 5)
    let picture = Self.picture(width: width, height: height) { x, y, channel in UInt8(values[(y * width + x) * 3 + channel] * 255)
    }
    let canvas = Canvas(picture, coding: .init(red: 0.299, blue: 0.114, isFullRange: false))
    func difference(_ x: Int, _ y: Int, _ channel: Int) -> Double {
      let at = (max(0, min(height - 1, y)) * width + max(0, min(width - 1, x))) * 3
      let (r, g, b) = (Double(picture.bytes[at]), Double(picture.bytes[at + 1]), Double(picture.bytes[at + 2]))
      return (channel == 0 ? b : r) - (0.299 * r + 0.587 * g + 0.114 * b)
    }
    let taps = [-1.0 / 16, 9.0 / 16, 9.0 / 16, -1.0 / 16]
    for y in 0..<(height + 1) / 2 {
      for x in 0..<(width + 1) / 2 {
        for channel in 0..<2 {
          var expected = 0.0
          for down in 0..<4 {
            for across in 0..<4 {
              expected += taps[down] * taps[across] * difference(2 * x - 1 + across, 2 * y - 1 + down, channel)
            }
          }
          let found = canvas.chroma.values[y * canvas.chroma.shape.stride + 2 * x + channel]
          #expect(abs(Double(found) - expected) < 1e-3, "\(x), \(y), \(channel)")
        }
      }
    }
  }

  @Test func `fractions are rounded to the nearest level`() {
    var canvas = Canvas(ImageBuffer(width: 11, height: 1) { bytes in for index in bytes.indices { bytes[index] = 0 } })
    for pixel in 0..<11 { canvas.luma.values[pixel] = 200.6 - Float(pixel) * 0.11 }
    let bytes = canvas.picture(depth: .eight).bytes
    for pixel in 0..<11 { #expect(bytes[pixel * 3] == UInt8((200.6 - Float(pixel) * 0.11).rounded())) }
  }

  @Test func `sixteen bits keep what lies between levels`() {
    let samples = (0..<9).flatMap { [UInt16](repeating: UInt16($0 * 7281), count: 3) }
    let picture = ImageBuffer(width: 9, height: 1, depth: .sixteen) { bytes in
      samples.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    #expect(Canvas(picture).picture(depth: .sixteen) == picture)
  }

  static let codings: [PlanarImage.Coding] = [
    .init(red: 0.2126, blue: 0.0722, isFullRange: false), .init(red: 0.299, blue: 0.114, isFullRange: false),
    .init(red: 0.299, blue: 0.114, isFullRange: true), .init(red: 0.2126, blue: 0.0722, isFullRange: true),
  ]

  @Test(arguments: codings) func `planes are coded as the standard says`(_ coding: PlanarImage.Coding) {
    let colours: [[UInt8]] = [
      [255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255], [0, 255, 0], [255, 255, 0], [12, 200, 99],
    ]
    for colour in colours {
      let planes = Canvas(Self.picture(width: 34, height: 6) { _, _, channel in colour[channel] }, coding: coding).planes()
      let (r, g, b) = (Double(colour[0]), Double(colour[1]), Double(colour[2]))
      let luma = Double(coding.red) * r + Double(1 - coding.red - coding.blue) * g + Double(coding.blue) * b
      func code(_ difference: Double, _ share: Float) -> Double {
        min(255, 128 + difference / (2 - 2 * Double(share)) * (coding.isFullRange ? 1 : 224.0 / 255))
      }
      let expected = [coding.isFullRange ? luma : 16 + luma * 219 / 255, code(b - luma, coding.blue), code(r - luma, coding.red)]
      for (index, byte) in planes.bytes.enumerated() {
        let value = expected[index < 34 * 6 ? 0 : index < 34 * 6 + 17 * 3 ? 1 : 2]
        #expect(abs(Double(byte) - value) < 0.51, "\(colour) at \(index)")
      }
    }
  }

  @Test(arguments: codings) func `FFmpeg reads planes as the picture that they are`(_ coding: PlanarImage.Coding) throws {
    let picture = StabilizerTests.scene(width: 160, height: 96)
    let read = try Canvas(picture, coding: coding).planes().inRGB()
    #expect(StabilizerTests.difference(read, picture, border: 0) < 2)
  }
}
