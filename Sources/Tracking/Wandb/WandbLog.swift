internal import BinaryFormats

/// The framing of `.wandb` files: a header of 7 bytes, then a log as LevelDB's (leveldb's doc/log_format.md) in blocks of 32 KiB that are counted from the
/// file's beginning, with zlib's CRC-32 of type and data in place of a masked CRC-32C.
enum WandbLog {
  static let blockSize = 32768
  static let chunkHeader = 7
  /// `:W&B`, 0xBEE1, version 0.
  static let fileHeader: [UInt8] = Array(":W&B".utf8) + [0xE1, 0xBE, 0]

  /// The parts of a record that is cut at the borders of blocks.
  enum Chunk: UInt8 {
    case full = 1
    case first = 2
    case middle = 3
    case last = 4
  }

  private static let typeChecksums = (UInt8(0)...4).map { CRC32.zip.checksum([$0]) }

  static func checksum(_ data: ArraySlice<UInt8>, type: UInt8) -> UInt32 {
    CRC32.zip.checksum(data, after: typeChecksums[Int(type)])
  }

  /// A record as it is appended to a file of so many bytes.
  static func framed(_ record: [UInt8], at offset: Int) -> [UInt8] {
    var framed: [UInt8] = []
    framed.reserveCapacity(record.count + 64)
    var rest = record[...]
    var isFirst = true
    repeat {
      var room = blockSize - (offset + framed.count) % blockSize
      if room < chunkHeader {
        framed += [UInt8](repeating: 0, count: room)
        room = blockSize
      }
      let data = rest.prefix(room - chunkHeader)
      rest = rest.dropFirst(data.count)
      let type: Chunk =
        switch (isFirst, rest.isEmpty) {
        case (true, true): .full
        case (true, false): .first
        case (false, false): .middle
        case (false, true): .last
        }
      isFirst = false
      withUnsafeBytes(of: checksum(data, type: type.rawValue).littleEndian) { framed += $0 }
      framed += [UInt8(truncatingIfNeeded: data.count), UInt8(truncatingIfNeeded: data.count >> 8), type.rawValue]
      framed += data
    } while !rest.isEmpty
    return framed
  }

  /// Reads a file's whole records in their order until `body` gives false, and stops quietly where a record is incomplete or damaged, as a killed program
  /// leaves it.
  ///
  /// - Returns: the offset behind the last record for which `body` gave true.
  static func read(_ path: String, _ body: (_ record: [UInt8]) throws(TrackingError) -> Bool) throws(TrackingError) -> Int {
    let reader = try PieceReader(path)
    var offset = 0
    var end = fileHeader.count
    var record: [UInt8]?
    while true {
      // Blocks are read whole; the file's header is part of the first.
      let block = try reader.next(blockSize)
      var position = 0
      if offset == 0 {
        guard block.starts(with: fileHeader) else { throw .damaged(path: path, reason: "it is no W&B file") }
        position = fileHeader.count
      }
      while block.count - position >= chunkHeader {
        let size = Int(block[position + 4]) | Int(block[position + 5]) << 8
        let data = block[(position + chunkHeader)...].prefix(size)
        guard data.count == size, let type = Chunk(rawValue: block[position + 6]),
          checksum(data, type: type.rawValue) == block[position..<(position + 4)].reversed().reduce(0, { $0 << 8 | UInt32($1) }),
          (record == nil) == (type == .full || type == .first)
        else { return end }
        position += chunkHeader + size
        record = (record ?? []) + data
        if let whole = record, type == .full || type == .last {
          guard try body(whole) else { return end }
          end = offset + position
          record = nil
        }
      }
      guard block.count == blockSize else { return end }
      offset += blockSize
    }
  }
}
