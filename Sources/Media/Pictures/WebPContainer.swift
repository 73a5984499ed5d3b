/// WebP's RIFF container (RFC 9649).
enum WebPContainer {
  /// A chunk's contents.
  static func chunk(_ type: String, in file: [UInt8]) -> [UInt8]? {
    chunks(in: file).first { $0.type == type }.map { Array(file[$0.range]) }
  }

  /// Whether the file is an animation.
  static func isAnimated(_ file: [UInt8]) -> Bool {
    guard let header = chunk("VP8X", in: file), let flags = header.first else { return false }
    return flags & 0x02 != 0
  }

  /// The file with profile and EXIF, in the extended form that they need.
  static func inserting(
    _ metadata: PictureMetadata, into file: [UInt8], width: Int, height: Int, hasAlpha: Bool
  ) -> [UInt8] {
    guard metadata.profile != nil || metadata.exif != nil else { return file }
    let images = chunks(in: file).filter { ["VP8 ", "VP8L", "ALPH"].contains($0.type) }
    var flags: UInt8 = hasAlpha ? 0x10 : 0
    if metadata.profile != nil { flags |= 0x20 }
    if metadata.exif != nil { flags |= 0x08 }
    func three(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255), UInt8(value >> 16 & 255)] }
    var body = Array("WEBP".utf8) + make("VP8X", [flags, 0, 0, 0] + three(width - 1) + three(height - 1))
    if let profile = metadata.profile { body += make("ICCP", profile) }
    for image in images { body += make(image.type, file[image.range]) }
    if let exif = metadata.exif { body += make("EXIF", exif) }
    return Array("RIFF".utf8) + four(body.count) + body
  }

  private static func chunks(in file: [UInt8]) -> [(type: String, range: Range<Int>)] {
    var found: [(type: String, range: Range<Int>)] = []
    var offset = 12
    while offset + 8 <= file.count {
      let type = String(decoding: file[offset..<(offset + 4)], as: UTF8.self)
      let size =
        Int(file[offset + 4]) | Int(file[offset + 5]) << 8 | Int(file[offset + 6]) << 16 | Int(file[offset + 7]) << 24
      guard size <= file.count - offset - 8 else { break }
      found.append((type, (offset + 8)..<(offset + 8 + size)))
      offset += 8 + size + size % 2
    }
    return found
  }

  private static func make(_ type: String, _ data: some Collection<UInt8>) -> [UInt8] {
    Array(type.utf8) + four(data.count) + data + (data.count % 2 == 1 ? [0] : [])
  }

  private static func four(_ value: Int) -> [UInt8] {
    [UInt8(value & 255), UInt8(value >> 8 & 255), UInt8(value >> 16 & 255), UInt8(value >> 24 & 255)]
  }
}
