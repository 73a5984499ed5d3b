import Foundation
import StyleNetworks
import Testing

@Suite struct SamplePictureTests {
  /// Begin, frame header, scan, end; what a decoder would make of it is not asked here.
  static func jpeg(width: Int = 64, height: Int = 48, scan: [UInt8] = [1, 2, 3], extra: [UInt8] = []) -> [UInt8] {
    let sides = [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
    return [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8] + sides + [1, 1, 0x11, 0] + extra
      + [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0] + scan + [0xFF, 0xD9]
  }

  @Test func `it goes through a style file`() throws {
    var style = try StyleFileTests.style()
    style.sample = try SamplePicture(jpeg: Self.jpeg())
    let read = try StyleFile(bytes: style.serialized())
    #expect(read == style)
    #expect(read.sample.map { [$0.width, $0.height] } == [64, 48])
    style.sample = nil
    #expect(try StyleFile(bytes: style.serialized()).sample == nil)
  }

  @Test func `what is no small JPEG is refused`() throws {
    func refusal(_ jpeg: [UInt8]) -> String { message { _ = try SamplePicture(jpeg: jpeg) } }
    #expect(refusal([]).contains("not a whole JPEG"))
    #expect(refusal(Array("GIF89a and more".utf8)).contains("not a whole JPEG"))
    #expect(refusal(Array(Self.jpeg().dropLast())).contains("not a whole JPEG"))
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xD9]).contains("does not tell its size"))
    #expect(refusal(Self.jpeg(width: 65_500, height: 65_500)).contains("claims 65500x65500"))
    #expect(refusal(Self.jpeg(width: 0)).contains("claims 0x48"))
    #expect(refusal(Self.jpeg(scan: [UInt8](repeating: 7, count: 25_000))).contains("more than 24576"))
    // A second frame header, before or behind the scan, would be another size to some decoders.
    let second: [UInt8] = [0xFF, 0xC0, 0, 11, 8, 0xFF, 0xDC, 0xFF, 0xDC, 1, 1, 0x11, 0]
    #expect(refusal(Self.jpeg(extra: second)).contains("does not tell its size"))
    #expect(refusal(Self.jpeg(scan: second)).contains("does not tell its size"))
  }

  @Test func `a file's sample is not trusted`() throws {
    let text = Data(Self.jpeg()).base64EncodedString()
    #expect(try StyleFileTests.changed { $0.metadata["sample"] = text } == "")
    #expect(try StyleFileTests.changed { $0.metadata["sample"] = "not/base64!" }.contains("not in base64"))
    #expect(
      try StyleFileTests.changed { $0.metadata["sample"] = String(repeating: "A", count: 40_000) }.contains("more than 24576"))
    #expect(try StyleFileTests.changed { $0.metadata["sample"] = "AAAA" }.contains("not a whole JPEG"))
  }
}
