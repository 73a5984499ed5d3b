import Foundation
import Imaging
import Media
import Testing

/// Frames that go on as they are coded.
@Suite struct PlanesTests {
  static let (width, height, frames) = (48, 32, 5)

  /// The bytes of a frame's planes.
  static func planes(_ number: Int) -> [UInt8] {
    (0..<PlanarImage.count(width: width, height: height)).map {
      UInt8(truncatingIfNeeded: 60 + $0 &* 7 &+ number &* 31 + $0 / 48) / 2 + 50
    }
  }

  /// A Y4M file of 25 frames a second in 4:2:0.
  static func clip(in folder: String) throws -> String {
    var bytes = Array("YUV4MPEG2 W\(width) H\(height) F25:1 Ip A1:1 C420jpeg\n".utf8)
    for number in 0..<frames { bytes += Array("FRAME\n".utf8) + planes(number) }
    let path = folder + "/clip.y4m"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("planes-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  static func items(_ path: String, _ options: VideoReadOptions) throws -> [VideoItem] {
    let reader = try VideoReader(path: path, options: options)
    var items: [VideoItem] = []
    while let item = try reader.read() { if item.isPicture { items.append(item) } }
    return items
  }

  static func coded(_ items: [VideoItem]) -> [PlanarFrame] {
    items.compactMap { if case .planes(let frame) = $0 { frame } else { nil } }
  }

  static func inRGB(_ items: [VideoItem]) -> [VideoFrame] {
    items.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
  }

  @Test func `planes are the file's, and the same frames as in RGB`() throws {
    try Self.withFolder { folder in
      let path = try Self.clip(in: folder)
      let coded = Self.coded(try Self.items(path, VideoReadOptions(planes: true)))
      let frames = Self.inRGB(try Self.items(path, VideoReadOptions()))
      #expect(coded.map(\.image.bytes) == (0..<Self.frames).map(Self.planes))
      #expect(coded.map(\.time) == frames.map(\.time))
      #expect(coded.map(\.duration) == frames.map(\.duration))
      let converted = try coded.map { try $0.inRGB().image }
      #expect(converted == frames.map(\.image))
      // A small picture without tags.
      #expect(coded.first?.image.coding == PlanarImage.Coding(red: 0.299, blue: 0.114, isFullRange: false))
    }
  }

  @Test func `what needs more than decoding comes in RGB`() throws {
    try Self.withFolder { folder in
      let path = try Self.clip(in: folder)
      for options in [VideoReadOptions(longerSide: 24, planes: true), VideoReadOptions(frameRate: Rational(10, 1), planes: true)]
      {
        let items = try Self.items(path, options)
        #expect(!items.isEmpty && Self.inRGB(items).count == items.count)
      }
      // The frames' own size is no scaling, and a part is no change of what is in it.
      #expect(Self.coded(try Self.items(path, VideoReadOptions(longerSide: Self.width, planes: true))).count == Self.frames)
      let part = Self.coded(try Self.items(path, VideoReadOptions(start: 0.08, planes: true)))
      #expect(part.map(\.image.bytes) == (2..<Self.frames).map(Self.planes))
      #expect(part.map(\.time) == [0, 1, 2])
    }
  }

  @Test func `planes are written as they are, and as RGB where the codec has another form`() throws {
    try Self.withFolder { folder in
      let path = try Self.clip(in: folder)
      let items = try Self.items(path, VideoReadOptions(planes: true))
      for (name, lossless) in [("clip.mp4", true), ("clip.gif", false), ("clip.mov", false)] {
        let options = VideoWriteOptions(quality: lossless ? 0 : nil, codec: name == "clip.mov" ? "prores" : nil)
        #expect(VideoWriter.takesPlanes(path: name, options: options) == lossless)
        let writer = try VideoWriter(
          path: folder + "/" + name, like: VideoReader(path: path, options: VideoReadOptions(planes: true)), options: options)
        for item in items { try writer.write(item) }
        try writer.finish()
        #expect(writer.frames == Self.frames)
        let back = try Self.items(folder + "/" + name, VideoReadOptions(planes: true))
        #expect(back.count == Self.frames)
        if lossless {
          #expect(Self.coded(back).map(\.image.bytes) == (0..<Self.frames).map(Self.planes))
        } else {
          let source = try #require(Self.coded(items).first).inRGB().image
          let shown = try #require(Self.inRGB(back).first).image
          let apart = zip(source.bytes, shown.bytes).map { abs(Int($0) - Int($1)) }
          #expect(apart.reduce(0, +) / apart.count < 12)
        }
      }
    }
  }
}
