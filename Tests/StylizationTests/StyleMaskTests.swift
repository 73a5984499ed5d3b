import Foundation
import Imaging
import Media
@testable import Stylization
import Testing

@Suite struct StyleMaskTests {
  /// Left to right: black, grey, white.
  static func picture(width: Int = 30, height: Int = 20, depth: ImageBuffer.Depth = .eight, alpha: [UInt8]? = nil) -> Picture {
    let image = ImageBuffer(width: width, height: height, depth: depth) { bytes in
      let row = width * 3 * depth.bytes
      for index in bytes.indices { bytes[index] = [0, 128, 255][index % row * 3 / row] }
    }
    return Picture(image: image, alpha: alpha)
  }

  static let source = ImageBuffer.flat(40, width: 30, height: 20)

  static func painted(_ mask: StyleMask, _ options: StylizationOptions = StylizationOptions()) throws -> [UInt8] {
    let result = try Stylizer(network: Inverter(), options: options, mask: mask).stylize(source)
    return [result.bytes[0], result.bytes[15 * 3], result.bytes[29 * 3]]
  }

  @Test func `white is painted, black is not, grey is mixed`() throws {
    #expect(try Self.painted(StyleMask(Self.picture())) == [40, 128, 215])
    #expect(try Self.painted(StyleMask(Self.picture(depth: .sixteen))) == [40, 128, 215])
    #expect(try Self.painted(StyleMask(Self.picture(), inverted: true)) == [215, 127, 40])
  }

  @Test func `strength and colour count as ever`() throws {
    #expect(try Self.painted(StyleMask(Self.picture()), StylizationOptions(strength: 0.5)) == [40, 84, 128])
    let grey = try Self.painted(StyleMask(Self.picture()), StylizationOptions(preserveColor: true))
    #expect(grey == [40, 128, 215], "grey has no colour to keep")
  }

  @Test func `what is transparent counts as black`() throws {
    let alpha = [UInt8](repeating: 255, count: 300) + [UInt8](repeating: 0, count: 300)
    let mask = StyleMask(Self.picture(alpha: alpha))
    let result = try Stylizer(network: Inverter(), mask: mask).stylize(Self.source)
    #expect(result.bytes[29 * 3] == 215)
    #expect(result.bytes[(19 * 30 + 29) * 3] == 40)
  }

  @Test func `it is stretched to the picture`() throws {
    let mask = StyleMask(Self.picture(width: 90, height: 3))
    #expect(try Self.painted(mask) == [40, 128, 215])
    let shares = mask.shares(width: 300, height: 7)
    #expect(shares.count == 2100)
    #expect((shares[0], shares[299]) == (0, 65535))
    #expect(mask.shares(width: 300, height: 7) == shares)
    #expect(mask.shares(width: 7, height: 300).count == 2100)
  }

  @Test func `a clip's frames keep their source where the mask is black`() throws {
    let frames = (0..<5).map { StylizerTests.picture(width: 96, height: 64, period: 60 + $0) }
    for stabilization in [Stabilization.off, .static] {
      let painter = try ClipPainter(
        Stylizer(
          network: Inverter(), options: StylizationOptions(stabilization: stabilization), mask: StyleMask(Self.picture())))
      for frame in frames {
        let shown = try painter.paint(frame).shown
        for row in 0..<64 {
          // The edges of the mask are soft once it has been stretched.
          let (begin, end) = (row * 96 * 3, (row * 96 + 24) * 3)
          #expect(shown.bytes[begin..<end] == frame.bytes[begin..<end])
        }
        #expect(shown.bytes[95 * 3] != frame.bytes[95 * 3])
      }
    }
  }

  @Test func `a mask that cannot be read is told`() throws {
    #expect(throws: MediaError.missing(path: "/nowhere/mask.png")) { try StyleMask(contentsOf: "/nowhere/mask.png") }
  }
}
