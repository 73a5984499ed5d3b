import Imaging
import Testing

@Suite struct RegionTests {
  static func numbered(_ width: Int, _ height: Int) -> ImageBuffer {
    ImageBuffer(width: width, height: height) { bytes in
      for pixel in 0..<width * height {
        bytes[pixel * 3] = UInt8(pixel % width)
        bytes[pixel * 3 + 1] = UInt8(pixel / width)
        bytes[pixel * 3 + 2] = 5
      }
    }
  }

  @Test func `outside is the reflection without the edge`() {
    let image = Self.numbered(4, 3)
    let region = image.extracting(PixelRegion(x: -3, y: -2, width: 11, height: 8))
    let columns = (0..<11).map { Int(region.bytes[$0 * 3]) }
    let rows = (0..<8).map { Int(region.bytes[$0 * region.rowBytes + 1]) }
    #expect(columns == [3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1])
    #expect(rows == [2, 1, 0, 1, 2, 1, 0, 1])
  }

  @Test func `one pixel reflects into any margin`() {
    let region = Self.numbered(1, 1).extracting(PixelRegion(x: -9, y: -5, width: 30, height: 12))
    #expect(Set(stride(from: 2, to: region.bytes.count, by: 3).map { region.bytes[$0] }) == [5])
  }

  @Test func `what is cut out and pasted back is the picture`() {
    let image = Self.numbered(37, 23)
    var copy = ImageBuffer(width: 37, height: 23)
    for y in stride(from: 0, to: 23, by: 8) {
      for x in stride(from: 0, to: 37, by: 8) {
        let tile = image.extracting(PixelRegion(x: x - 3, y: y - 3, width: 14, height: 14))
        copy.paste(
          PixelRegion(x: 3, y: 3, width: min(8, 37 - x), height: min(8, 23 - y)), of: tile, atX: x, y: y)
      }
    }
    #expect(copy == image)
  }
}
