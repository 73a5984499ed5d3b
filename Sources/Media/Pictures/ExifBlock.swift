/// An EXIF block: a small TIFF file with a picture's facts (CIPA DC-008).
struct ExifBlock {
  private(set) var bytes: [UInt8]
  private let littleEndian: Bool

  /// Takes a block that begins like a TIFF file; others are nil.
  init?(_ bytes: some Collection<UInt8>) {
    self.bytes = Array(bytes)
    guard self.bytes.count >= 14 else { return nil }
    if self.bytes.starts(with: [0x49, 0x49, 0x2A, 0]) {
      littleEndian = true
    } else if self.bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
      littleEndian = false
    } else {
      return nil
    }
  }

  /// The block in a picture's file; a TIFF's own facts become a block of their own.
  static func find(in file: [UInt8], format: PictureFormat) -> ExifBlock? {
    switch format {
    case .jpeg: JPEGContainer.exif(in: file)
    case .png: PNGChunk.first("eXIf", in: file).flatMap { ExifBlock($0) }
    case .webp:
      // Some writers keep JPEG's prefix.
      WebPContainer.chunk("EXIF", in: file).flatMap { chunk in
        ExifBlock(chunk.starts(with: Array("Exif\0\0".utf8)) ? chunk.dropFirst(6) : chunk[...])
      }
    case .tiff: ExifBlock(file)?.textsOnly()
    case .bmp: nil
    }
  }

  /// EXIF's orientation, 1…8; 1 where the block has none.
  var orientation: Int {
    guard let entry = entries.first(where: { $0.tag == 0x0112 && $0.type == 3 }), let value = short(entry.offset + 8) else {
      return 1
    }
    return (1...8).contains(value) ? value : 1
  }

  /// The block as it describes an upright picture without the old one's thumbnail.
  func normalised() -> ExifBlock {
    var block = self
    for entry in entries where entry.tag == 0x0112 && entry.type == 3 { block.put(1, at: entry.offset + 8) }
    // The offset of the second directory, which holds the thumbnail.
    if let directory = directory, let count = short(directory) {
      let link = directory + 2 + count * 12
      if link + 4 <= bytes.count { for index in link..<link + 4 { block.bytes[index] = 0 } }
    }
    return block
  }

  /// A fresh block with the first directory's orientation and texts (title, maker, artist, date, copyright …).
  private func textsOnly() -> ExifBlock? {
    let texts: Set<Int> = [0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298]
    var kept: [(tag: Int, text: [UInt8])] = []
    for entry in entries where texts.contains(entry.tag) && entry.type == 2 && entry.count > 0 && entry.count < 60_000 {
      let start = entry.count <= 4 ? entry.offset + 8 : long(entry.offset + 8) ?? bytes.count
      guard start >= 0, start + entry.count <= bytes.count else { continue }
      kept.append((entry.tag, Array(bytes[start..<start + entry.count])))
    }
    let orientation = orientation
    guard !kept.isEmpty || orientation != 1 else { return nil }
    func two(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    func four(_ value: Int) -> [UInt8] { two(value) + two(value >> 16) }
    let count = kept.count + 1
    var directory = two(count)
    var heap: [UInt8] = []
    let heapStart = 8 + 2 + count * 12 + 4
    var rows = kept.map { ($0.tag, $0.text as [UInt8]?) } + [(0x0112, nil)]
    rows.sort { $0.0 < $1.0 }
    for (tag, text) in rows {
      guard let text else {
        directory += two(tag) + two(3) + four(1) + two(orientation) + [0, 0]
        continue
      }
      directory += two(tag) + two(2) + four(text.count)
      if text.count <= 4 {
        directory += text + [UInt8](repeating: 0, count: 4 - text.count)
      } else {
        directory += four(heapStart + heap.count)
        heap += text + (text.count % 2 == 1 ? [0] : [])
      }
    }
    return ExifBlock([0x49, 0x49, 0x2A, 0] + four(8) + directory + four(0) + heap)
  }

  /// Where the first directory begins.
  var directory: Int? {
    guard let offset = long(4), offset >= 8, offset + 2 <= bytes.count else { return nil }
    return offset
  }

  /// The rows of the first directory, each with where it begins.
  var entries: [(tag: Int, type: Int, count: Int, offset: Int)] {
    guard let directory, let count = short(directory) else { return [] }
    return (0..<count).compactMap { index in
      let offset = directory + 2 + index * 12
      guard let tag = short(offset), let type = short(offset + 2), let values = long(offset + 4), offset + 12 <= bytes.count
      else {
        return nil
      }
      return (tag, type, values, offset)
    }
  }

  func short(_ offset: Int) -> Int? {
    guard offset >= 0, offset + 2 <= bytes.count else { return nil }
    let (a, b) = (Int(bytes[offset]), Int(bytes[offset + 1]))
    return littleEndian ? a | b << 8 : a << 8 | b
  }

  func long(_ offset: Int) -> Int? {
    guard let first = short(offset), let second = short(offset + 2) else { return nil }
    return littleEndian ? first | second << 16 : first << 16 | second
  }

  /// Puts a short number.
  mutating func put(_ value: Int, at offset: Int) {
    guard offset + 2 <= bytes.count else { return }
    bytes[offset] = UInt8((littleEndian ? value : value >> 8) & 255)
    bytes[offset + 1] = UInt8((littleEndian ? value >> 8 : value) & 255)
  }
}
