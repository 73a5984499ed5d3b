import BinaryFormats
import Testing

@Suite struct ChecksumTests {
  @Test func `CRC-32 of zip files`() {
    #expect(CRC32.zip.checksum(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    #expect(CRC32.zip.checksum([]) == 0)
  }

  // RFC 3720, B.4.
  @Test func `CRC-32C's published vectors`() {
    let crc = CRC32.castagnoli
    #expect(crc.checksum(Array("123456789".utf8)[...]) == 0xE306_9283)
    #expect(crc.checksum([UInt8](repeating: 0, count: 32)[...]) == 0x8A91_36AA)
    #expect(crc.checksum([UInt8](repeating: 0xFF, count: 32)[...]) == 0x62A8_AB43)
    #expect(crc.checksum(Array(UInt8(0)..<32)[...]) == 0x46DD_794E)
    #expect(crc.checksum(Array((UInt8(0)..<32).reversed())[...]) == 0x113F_DB5C)
  }

  @Test func `a checksum goes on after another`() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for cut in [0, 1, 7, 8, 500, 1000] {
      #expect(CRC32.zip.checksum(bytes[cut...], after: CRC32.zip.checksum(bytes[..<cut])) == CRC32.zip.checksum(bytes[...]))
    }
  }

  @Test func `what is written as a message is read as one`() throws {
    var writer = ProtobufWriter()
    writer.integer(1, 300)
    writer.string(2, "ü")
    writer.double(3, 1.5)
    writer.float(4, -2)
    let fields = try #require(ProtobufField.all(in: writer.bytes[...]))
    #expect(fields.map(\.number) == [1, 2, 3, 4])
    #expect(fields[0].value == .integer(300))
    #expect(fields[1].value == .bytes(Array("ü".utf8)[...]))
    #expect(fields[2].value == .fixed64((1.5).bitPattern))
    #expect(fields[3].value == .fixed32(Float(-2).bitPattern))
    #expect(ProtobufField.all(in: writer.bytes.dropLast()) == nil)
  }
}
