internal import BinaryFormats

/// The stored entries of a zip archive (PKWARE's APPNOTE 6.3), with zip64; compressed or encrypted ones are refused, as are overlaps.
struct ZipArchive {
  /// Where an entry's data lies.
  struct Entry {
    var span: Range<Int>
    var checksum: UInt32
    /// From the local header to the end of the data.
    var extent: Range<Int>
  }

  let bytes: [UInt8]
  private(set) var entries: [String: Entry] = [:]

  private static let entryLimit = 1_000_000

  /// Reads the central directory.
  init(_ bytes: [UInt8]) throws(StyleNetworkError) {
    self.bytes = bytes
    let directory = try Self.directory(of: bytes)
    var reader = ByteReader(bytes, at: directory.start)
    for _ in 0..<directory.count {
      let (name, entry) = try Self.entry(&reader, directoryStart: directory.start)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) is there twice")
      }
    }
    guard reader.position == directory.end else {
      throw .malformedCheckpoint(reason: "the zip's directory is not as long as it says")
    }
    try checkOverlap()
  }

  /// An entry's bytes, after comparing their checksum; nil where there is no such entry.
  func data(_ name: String) throws(StyleNetworkError) -> ArraySlice<UInt8>? {
    guard let entry = entries[name] else { return nil }
    let data = bytes[entry.span]
    guard CRC32.zip.checksum(data) == entry.checksum else {
      throw .malformedCheckpoint(reason: "the checksum (CRC-32) of \(quoted(name)) is wrong: the file is damaged")
    }
    return data
  }

  private func checkOverlap() throws(StyleNetworkError) {
    var end = 0
    for (name, entry) in entries.sorted(by: { $0.value.extent.lowerBound < $1.value.extent.lowerBound }) {
      guard entry.extent.lowerBound >= end else {
        throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) overlaps another")
      }
      end = entry.extent.upperBound
    }
  }

  /// Finds the central directory by the record at the end, and zip64's before that.
  private static func directory(of bytes: [UInt8]) throws(StyleNetworkError) -> (start: Int, end: Int, count: Int) {
    let earliest = max(0, bytes.count - 22 - 65535)
    var found: Int?
    var index = bytes.count - 22
    while index >= earliest, found == nil {
      if bytes[index] == 0x50, bytes[index...].starts(with: [0x50, 0x4B, 5, 6]),
        Int(bytes[index + 20]) | Int(bytes[index + 21]) << 8 == bytes.count - index - 22
      {
        found = index
      }
      index -= 1
    }
    guard let record = found else {
      throw .malformedCheckpoint(reason: "the zip's end record is missing: the file was cut off")
    }
    var reader = ByteReader(bytes, at: record + 4)
    let disks = try reader.number(UInt32.self)
    let counts = (try reader.number(UInt16.self), try reader.number(UInt16.self))
    var size = Int(try reader.number(UInt32.self))
    var start = Int(try reader.number(UInt32.self))
    var count = Int(counts.1)
    var end = record
    if record >= 20, bytes[(record - 20)...].starts(with: [0x50, 0x4B, 6, 7]) {
      let wide = try zip64Directory(of: bytes, locator: record - 20)
      guard count == 0xFFFF || count == wide.count, size == 0xFFFF_FFFF || size == wide.size,
        start == 0xFFFF_FFFF || start == wide.start
      else { throw .malformedCheckpoint(reason: "the zip's two end records (zip and zip64) contradict each other") }
      (size, start, count, end) = (wide.size, wide.start, wide.count, wide.record)
    }
    guard disks == 0, counts.0 == counts.1 else { throw .malformedCheckpoint(reason: "the zip is split over several files") }
    guard start <= end, size == end - start else {
      throw .malformedCheckpoint(reason: "the zip's directory does not lie where its end record says")
    }
    guard count <= min(size / 46, entryLimit) else {
      throw .malformedCheckpoint(reason: "the zip claims \(count) entries in a directory of \(size) bytes")
    }
    return (start, end, count)
  }

  private static func zip64Directory(
    of bytes: [UInt8], locator: Int
  ) throws(StyleNetworkError) -> (size: Int, start: Int, count: Int, record: Int) {
    var reader = ByteReader(bytes, at: locator + 8)
    let record = try reader.size(UInt64.self)
    guard record <= locator - 56, bytes[record...].starts(with: [0x50, 0x4B, 6, 6]) else {
      throw .malformedCheckpoint(reason: "the zip64 end record does not lie where its locator says")
    }
    reader.position = record + 4
    guard try reader.size(UInt64.self) == locator - record - 12 else {
      throw .malformedCheckpoint(reason: "the zip64 end record is not as long as it says")
    }
    reader.position = record + 24
    let here = try reader.size(UInt64.self)
    let count = try reader.size(UInt64.self)
    let size = try reader.size(UInt64.self)
    let start = try reader.size(UInt64.self)
    guard here == count else { throw .malformedCheckpoint(reason: "the zip is split over several files") }
    return (size, start, count, record)
  }

  private static func entry(
    _ reader: inout ByteReader, directoryStart: Int
  ) throws(StyleNetworkError) -> (String, Entry) {
    guard try reader.number(UInt32.self) == 0x0201_4B50 else {
      throw .malformedCheckpoint(reason: "the zip's directory is damaged at byte \(reader.position - 4)")
    }
    _ = try reader.take(4)
    let flags = try reader.number(UInt16.self)
    let method = try reader.number(UInt16.self)
    _ = try reader.take(4)
    let checksum = try reader.number(UInt32.self)
    var stored = Int(try reader.number(UInt32.self))
    var size = Int(try reader.number(UInt32.self))
    let nameLength = Int(try reader.number(UInt16.self))
    let extraLength = Int(try reader.number(UInt16.self))
    let commentLength = Int(try reader.number(UInt16.self))
    _ = try reader.take(8)
    var offset = Int(try reader.number(UInt32.self))
    let name = try reader.text(nameLength)
    var extra = ByteReader(Array(try reader.take(extraLength)))
    _ = try reader.take(commentLength)
    // Zip64's sizes stand in for those that 32 bits cannot hold, in this order.
    while extra.remaining >= 4 {
      let tag = try extra.number(UInt16.self)
      let length = Int(try extra.number(UInt16.self))
      let content = try extra.take(length)
      guard tag == 1 else { continue }
      var wide = ByteReader(Array(content))
      if size == 0xFFFF_FFFF { size = try wide.size(UInt64.self) }
      if stored == 0xFFFF_FFFF { stored = try wide.size(UInt64.self) }
      if offset == 0xFFFF_FFFF { offset = try wide.size(UInt64.self) }
    }
    guard flags & 1 == 0 else { throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) is encrypted") }
    guard method == 0, stored == size else {
      throw .malformedCheckpoint(
        reason: "the zip entry \(quoted(name)) is compressed (method \(method)), which PyTorch never does")
    }
    guard offset <= directoryStart - 30 else {
      throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) claims to start outside the file")
    }
    var local = ByteReader(reader.bytes, at: offset)
    guard try local.number(UInt32.self) == 0x0403_4B50 else {
      throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) has no header at byte \(offset)")
    }
    local.position += 22
    let localName = Int(try local.number(UInt16.self))
    let localExtra = Int(try local.number(UInt16.self))
    guard try local.text(localName) == name else {
      throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) has another name in its own header")
    }
    let start = local.position + localExtra
    guard start <= directoryStart, size <= directoryStart - start else {
      throw .malformedCheckpoint(reason: "the zip entry \(quoted(name)) claims \(size) bytes, more than the file has")
    }
    return (name, Entry(span: start..<start + size, checksum: checksum, extent: offset..<start + size))
  }
}
