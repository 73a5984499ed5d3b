import Imaging
import Media
import Testing

@Suite struct PictureTests {
  static func picture(_ width: Int, _ height: Int, depth: ImageBuffer.Depth = .eight, alpha: Bool = false) -> Picture {
    let image = ImageBuffer(width: width, height: height, depth: depth) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 37 &+ index / 7) }
    }
    let plane = (0..<width * height * depth.bytes).map { UInt8(truncatingIfNeeded: $0 &* 11) }
    return Picture(image: image, alpha: alpha ? plane : nil)
  }

  @Test(arguments: [ImageBuffer.Depth.eight, .sixteen], [false, true])
  func `png is lossless at both depths, with and without opacity`(depth: ImageBuffer.Depth, alpha: Bool) throws {
    for (width, height) in [(1, 1), (7, 3), (33, 20)] {
      let picture = Self.picture(width, height, depth: depth, alpha: alpha && width > 1)
      var warnings: [String] = []
      let bytes = try picture.encoded(as: .png, path: "a.png", warnings: &warnings)
      let back = try Picture(bytes: bytes, path: "a.png")
      #expect(back.image == picture.image)
      #expect(back.alpha == picture.alpha)
      #expect(warnings.isEmpty)
    }
  }

  @Test(arguments: [PictureFormat.jpeg, .png, .webp]) func `profile and facts come through`(format: PictureFormat) throws {
    var picture = Self.picture(24, 16)
    var profile = [UInt8](repeating: 7, count: 70_000)
    profile.replaceSubrange(16..<20, with: Array("RGB ".utf8))
    profile.replaceSubrange(36..<40, with: Array("acsp".utf8))
    profile.replaceSubrange(0..<4, with: [0, 1, 0x11, 0x70])
    picture.metadata.profile = profile
    // One directory: orientation 6, and a maker.
    let exif: [UInt8] =
      [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 2, 0] + [0x0F, 0x01, 2, 0, 4, 0, 0, 0] + Array("Cam\0".utf8)
      + [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0] + [0, 0, 0, 0]
    picture.metadata.exif = exif
    var warnings: [String] = []
    let bytes = try picture.encoded(as: format, path: "a", warnings: &warnings)
    let back = try Picture(bytes: bytes, path: "a")
    #expect(back.metadata.profile == profile)
    // Turned upright as the tag says, and the tag now says upright.
    #expect((back.image.width, back.image.height) == (16, 24))
    var upright = exif
    upright[30] = 1
    #expect(back.metadata.exif == upright)
  }

  @Test func `broken pictures are refused, never crash`() throws {
    for format in [PictureFormat.jpeg, .png, .webp] {
      var warnings: [String] = []
      let whole = try Self.picture(40, 30, alpha: format != .jpeg).encoded(as: format, path: "a", warnings: &warnings)
      for length in stride(from: 4, to: whole.count - 16, by: max(1, whole.count / 37)) {
        let isRefused = (try? Picture(bytes: Array(whole[..<length]), path: "a")) == nil
        #expect(isRefused, "\(format) cut at \(length) of \(whole.count)")
      }
      var state: UInt64 = 42
      for _ in 0..<300 {
        var bytes = whole
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(state >> 33) % bytes.count] ^= UInt8(truncatingIfNeeded: state >> 20) | 1
        _ = try? Picture(bytes: bytes, path: "a")
      }
    }
  }

  @Test func `too large a side is refused by name`() throws {
    var warnings: [String] = []
    #expect(throws: MediaError.self) {
      try Self.picture(16_384, 1).encoded(as: .webp, path: "a.webp", warnings: &warnings)
    }
  }
}
