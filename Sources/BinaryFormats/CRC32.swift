/// Checksums of 32 bits (reflected, begun and ended inverted), eight bytes at a time.
public struct CRC32: Sendable {
  /// Of zip files, zlib and PNG (polynomial 0xEDB88320).
  public static let zip = CRC32(polynomial: 0xEDB8_8320)
  /// CRC-32C of RFC 3720 (Castagnoli's polynomial, 0x82F63B78).
  public static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

  /// Eight tables of 256 values, one after another.
  private let table: [UInt32]

  private init(polynomial: UInt32) {
    var table: [UInt32] = []
    for index in UInt32(0)..<256 {
      var value = index
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
      table.append(value)
    }
    for index in 256..<2048 { table.append(table[index - 256] >> 8 ^ table[Int(table[index - 256] & 0xFF)]) }
    self.table = table
  }

  /// The checksum of bytes; with that of what comes before them, the checksum of both.
  public func checksum(_ bytes: ArraySlice<UInt8>, after previous: UInt32 = 0) -> UInt32 {
    var crc = ~previous
    table.withUnsafeBufferPointer { table in
      bytes.withUnsafeBytes { data in
        var position = 0
        while position + 8 <= data.count {
          let word = UInt64(littleEndian: data.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(crc)
          crc = 0
          for lane in 0..<8 {
            let byte = Int(truncatingIfNeeded: word >> UInt64(8 * lane)) & 0xFF
            crc ^= table[(7 - lane) << 8 | byte]
          }
          position += 8
        }
        while position < data.count {
          crc = crc >> 8 ^ table[Int((crc ^ UInt32(data[position])) & 0xFF)]
          position += 1
        }
      }
    }
    return ~crc
  }
}
