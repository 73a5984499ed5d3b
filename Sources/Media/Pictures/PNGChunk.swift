/// One chunk of a PNG file.
public struct PNGChunk: Sendable, Equatable {
  /// Four letters.
  public let type: String
  /// Its contents.
  public let data: [UInt8]

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The chunks that tell of gamma, resolution and texts, which stay true for a stylized picture.
  static func describing(in file: [UInt8]) -> [PNGChunk] {
    let kept: Set<String> = ["gAMA", "cHRM", "sRGB", "pHYs", "tEXt", "zTXt", "iTXt"]
    var total = 0
    return all(in: file) { kept.contains($0) }.filter { chunk in
      total += chunk.data.count
      return total < 16_000_000
    }
  }

  static func first(_ type: String, in file: [UInt8]) -> [UInt8]? {
    all(in: file) { $0 == type }.first?.data
  }

  private static func all(in file: [UInt8], where wanted: (String) -> Bool) -> [PNGChunk] {
    var chunks: [PNGChunk] = []
    var offset = 8
    while offset + 12 <= file.count {
      let length = number(file, offset)
      let type = String(decoding: file[(offset + 4)..<(offset + 8)], as: UTF8.self)
      guard length <= file.count - offset - 12 else { break }
      if wanted(type) { chunks.append(PNGChunk(type: type, data: Array(file[(offset + 8)..<(offset + 8 + length)]))) }
      offset += 12 + length
    }
    return chunks
  }

  /// The file with profile, EXIF and describing chunks after its header.
  static func inserting(_ metadata: PictureMetadata, into file: [UInt8]) -> [UInt8] {
    var chunks = metadata.chunks
    if let profile = metadata.profile {
      // A profile replaces the simpler statements of colour.
      chunks.removeAll { ["gAMA", "cHRM", "sRGB"].contains($0.type) }
      chunks.insert(PNGChunk(type: "iCCP", data: Array("ICC Profile\0\0".utf8) + zlibStored(profile)), at: 0)
    }
    if let exif = metadata.exif { chunks.append(PNGChunk(type: "eXIf", data: exif)) }
    guard file.count > 33 else { return file }
    let header = 8 + 25
    let replaced = Set(chunks.map(\.type))
    var result = Array(file[..<header]) + chunks.flatMap(\.bytes)
    result.reserveCapacity(result.count + file.count)
    var offset = header
    while offset + 12 <= file.count {
      let length = number(file, offset)
      let type = String(decoding: file[(offset + 4)..<(offset + 8)], as: UTF8.self)
      guard length <= file.count - offset - 12 else { break }
      if !replaced.contains(type) { result += file[offset..<(offset + 12 + length)] }
      offset += 12 + length
    }
    return result
  }

  private var bytes: [UInt8] {
    let body = Array(type.utf8) + data
    return PNGChunk.four(data.count) + body + PNGChunk.four(Int(PNGChunk.crc(body)))
  }

  private static func four(_ value: Int) -> [UInt8] {
    [UInt8(value >> 24 & 255), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// Four bytes, the highest first.
  static func number(_ file: [UInt8], _ offset: Int) -> Int {
    Int(file[offset]) << 24 | Int(file[offset + 1]) << 16 | Int(file[offset + 2]) << 8 | Int(file[offset + 3])
  }

  /// A zlib stream of stored blocks (RFC 1950, 1951): a profile is too small to be worth a compressor.
  private static func zlibStored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var offset = 0
    repeat {
      let size = min(65_535, data.count - offset)
      let last: UInt8 = offset + size == data.count ? 1 : 0
      stream += [last, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8 & 255)]
      stream += data[offset..<(offset + size)]
      offset += size
    } while offset < data.count
    var a = 1
    var b = 0
    for byte in data {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return stream + four(b << 16 | a)
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 255)] ^ (value >> 8) }
    return value ^ 0xFFFF_FFFF
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }
}
