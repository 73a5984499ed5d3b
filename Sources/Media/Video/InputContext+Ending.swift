internal import CFFmpeg

/// Where a file ends, and where its container says that it does.
extension InputContext {
  /// Whether the container says how long the whole clip is, wherever the file ends.
  var declaresLength: Bool { ["mov", "avi", "matroska"].contains(kind) }

  /// Whether the file ends before its container says so, as a broken download does. To be asked at the end, as it moves in the file; false where
  /// the container has nothing to go by.
  func isCutShort() -> Bool {
    guard let file = context.pointee.pb else { return false }
    // A pipe cannot be looked at again; what is left after the last whole frame can be counted. A frame's header has 80 bytes at most.
    if kind == "yuv4mpegpipe" { return avio_tell(file) - lastPacketEnd > 80 }
    let size = avio_size(file)
    guard size > 0, file.pointee.seekable & AVIO_SEEKABLE_NORMAL != 0 else { return false }
    switch kind {
    case "mov": return streams.contains { cff_index_end($0) > size }
    case "mpegts": return ![188, 192, 204].contains { size % $0 == 0 }
    case "avi": return seek(file, 0) && isRIFFCut(file, size)
    case "matroska": return seek(file, 0) && isMatroskaCut(file, size)
    case "gif": return seek(file, 0) && isGIFCut(file)
    default: return false
    }
  }

  private func seek(_ file: UnsafeMutablePointer<AVIOContext>, _ offset: Int64) -> Bool {
    avio_seek(file, offset, SEEK_SET) == offset
  }

  /// A large AVI is a row of RIFF chunks.
  private func isRIFFCut(_ file: UnsafeMutablePointer<AVIOContext>, _ size: Int64) -> Bool {
    var start: Int64 = 0
    while start + 8 <= size, seek(file, start), avio_rb32(file) == 0x5249_4646 {
      let length = Int64(avio_rl32(file))
      // A recorder that is killed leaves 0, which says nothing.
      guard length > 0 else { return false }
      start += 8 + length
      if start > size { return true }
      start += length % 2
    }
    return false
  }

  /// The segment is the second element, after the EBML header (RFC 8794).
  private func isMatroskaCut(_ file: UnsafeMutablePointer<AVIOContext>, _ size: Int64) -> Bool {
    guard avio_rb32(file) == 0x1A45_DFA3, let header = elementSize(file), header < size, seek(file, avio_tell(file) + header),
      avio_rb32(file) == 0x1853_8067, let segment = elementSize(file)
    else { return false }
    return segment > size - avio_tell(file)
  }

  /// An element's size; nil where it is unknown, as in live streams.
  private func elementSize(_ file: UnsafeMutablePointer<AVIOContext>) -> Int64? {
    let first = UInt8(truncatingIfNeeded: avio_r8(file))
    let more = first.leadingZeroBitCount
    guard more < 8 else { return nil }
    var value = Int64(first) & (0x7F >> Int64(more))
    for _ in 0..<more { value = value << 8 | Int64(avio_r8(file)) }
    return value == Int64(1) << Int64(7 * (more + 1)) - 1 ? nil : value
  }

  /// GIF89a: blocks until the trailer. A file that ends between two blocks lacks nothing that is seen.
  private func isGIFCut(_ file: UnsafeMutablePointer<AVIOContext>) -> Bool {
    avio_skip(file, 10)
    let screen = avio_r8(file)
    avio_skip(file, 2 + GIF.table(screen))
    while true {
      let block = avio_r8(file)
      if avio_feof(file) != 0 { return false }
      switch block {
      case 0x21: avio_skip(file, 1)
      case 0x2C:
        avio_skip(file, 8)
        let flags = avio_r8(file)
        avio_skip(file, GIF.table(flags) + 1)
      default: return false
      }
      var length: Int32
      repeat {
        length = avio_r8(file)
        if avio_feof(file) != 0 { return true }
        avio_skip(file, Int64(length))
      } while length > 0
    }
  }

  private enum GIF {
    /// Bytes of the colour table that flags announce.
    static func table(_ flags: Int32) -> Int64 { flags & 0x80 != 0 ? 3 << Int64(flags & 7 + 1) : 0 }
  }
}
