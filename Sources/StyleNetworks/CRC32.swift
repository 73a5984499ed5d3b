/// The CRC-32 of zip files (polynomial 0xEDB88320), eight bytes at a time.
enum CRC32 {
  private static let tables: [[UInt32]] = {
    var first: [UInt32] = []
    for index in UInt32(0)..<256 {
      var value = index
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      first.append(value)
    }
    var tables = [first]
    for level in 1..<8 { tables.append(tables[level - 1].map { $0 >> 8 ^ first[Int($0 & 0xFF)] }) }
    return tables
  }()

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let flat = tables.flatMap { $0 }
    var crc = ~UInt32(0)
    flat.withUnsafeBufferPointer { table in
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
