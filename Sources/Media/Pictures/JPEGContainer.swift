/// JPEG's marker segments.
enum JPEGContainer {
  /// The first EXIF block.
  static func exif(in file: [UInt8]) -> ExifBlock? {
    var offset = 2
    while offset + 4 <= file.count, file[offset] == 0xFF {
      let marker = file[offset + 1]
      if marker == 0xFF {
        offset += 1
        continue
      }
      // The scan begins: no more headers.
      if marker == 0xDA || marker == 0xD9 { return nil }
      let length = Int(file[offset + 2]) << 8 | Int(file[offset + 3])
      guard length >= 2, offset + 2 + length <= file.count else { return nil }
      let body = file[(offset + 4)..<(offset + 2 + length)]
      if marker == 0xE1, body.starts(with: Array("Exif\0\0".utf8)), let block = ExifBlock(body.dropFirst(6)) { return block }
      offset += 2 + length
    }
    return nil
  }

  /// Whether the picture's data come to their end: FFmpeg fills what a cut file lacks with grey and says nothing.
  static func isComplete(_ file: [UInt8]) -> Bool {
    var offset = 2
    while offset + 4 <= file.count, file[offset] == 0xFF, file[offset + 1] != 0xDA {
      offset += file[offset + 1] == 0xFF ? 1 : 2 + (Int(file[offset + 2]) << 8 | Int(file[offset + 3]))
    }
    guard offset + 4 <= file.count else { return false }
    return file.withUnsafeBufferPointer { bytes in
      (offset..<bytes.count - 1).contains { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD9 }
    }
  }

  /// The file with EXIF and ICC segments after its first header.
  static func inserting(_ metadata: PictureMetadata, into file: [UInt8]) -> [UInt8] {
    var segments: [UInt8] = []
    func append(_ marker: UInt8, _ body: [UInt8]) {
      let length = body.count + 2
      segments += [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + body
    }
    if let exif = metadata.exif, exif.count <= 65_527 { append(0xE1, Array("Exif\0\0".utf8) + exif) }
    if let profile = metadata.profile {
      let size = 65_519
      let count = (profile.count + size - 1) / size
      if count <= 255 {
        for index in 0..<count {
          append(
            0xE2,
            Array("ICC_PROFILE\0".utf8) + [UInt8(index + 1), UInt8(count)]
              + profile[(index * size)..<min(profile.count, (index + 1) * size)])
        }
      }
    }
    var position = 2
    // After JFIF's own header where there is one, which wants to be first.
    if file.count > 6, file[2] == 0xFF, file[3] == 0xE0 { position = 4 + (Int(file[4]) << 8 | Int(file[5])) }
    return Array(file[..<position]) + segments + file[position...]
  }
}
