/// A TIFF's first directory, as far as it has to be understood before FFmpeg decodes the file (TIFF 6.0).
struct TIFFContainer {
  private let block: ExifBlock

  /// Takes a file that begins like a TIFF; others are nil.
  init?(_ file: [UInt8]) {
    guard let block = ExifBlock(file), block.directory != nil else { return nil }
    self.block = block
  }

  private enum Tag {
    static let (width, height, depths, compression, channels) = (256, 257, 258, 259, 277)
    static let (strips, rows, stripSizes, planes, tileWidth, sampleFormat, dng) = (273, 278, 279, 284, 322, 339, 50706)
    /// Those that tell how samples are stored, and the ICC profile.
    static let ofSamples: Set<Int> = [
      width, height, depths, compression, 262, 266, strips, channels, rows, stripSizes, planes, 292, 293, 317, 320, 530, 34675,
    ]
  }

  /// Whether the samples are whole numbers as TIFF itself defines them; others (DNG, floating point) are left to FFmpeg as they are.
  var isPlain: Bool { values(of: Tag.dng).isEmpty && values(of: Tag.sampleFormat).allSatisfy { $0 == 1 || $0 == 4 } }

  /// What FFmpeg knows only in DNG, and otherwise gives black or noise for, without an error; nil where there is nothing of the kind.
  var unreadableForm: String? {
    guard values(of: Tag.dng).isEmpty else { return nil }
    if [6, 7].contains(values(of: Tag.compression).first) { return "with JPEG's compression" }
    return values(of: Tag.tileWidth).isEmpty ? nil : "in tiles"
  }

  /// Whether runs of bytes (PackBits) make up all rows, no more and no less. FFmpeg does not notice where they do not.
  var isComplete: Bool {
    guard values(of: Tag.compression).first == 32773, values(of: Tag.planes).first ?? 1 == 1, values(of: 530).isEmpty,
      let width = values(of: Tag.width).first, let height = values(of: Tag.height).first
    else { return true }
    let (starts, sizes) = (values(of: Tag.strips), values(of: Tag.stripSizes))
    let rows = min(height, values(of: Tag.rows).first ?? height)
    let depth = values(of: Tag.depths).first ?? 1
    let channels = values(of: Tag.channels).first ?? 1
    // Larger numbers are FFmpeg's to refuse, and would overflow here.
    guard !starts.isEmpty, starts.count == sizes.count, rows > 0, (1...64).contains(depth), (1...1024).contains(channels),
      max(width, height) < 1 << 24
    else { return true }
    let rowBytes = (width * channels * depth + 7) / 8
    return starts.indices.allSatisfy { strip in
      let left = height - strip * rows
      guard left > 0 else { return true }
      return unpackedSize(from: starts[strip], count: sizes[strip]) == min(rows, left) * rowBytes
    }
  }

  /// The file with only the tags that tell how samples are stored: a decoder that is to refuse damage refuses tags that it does not know, too.
  var bare: [UInt8] {
    guard isPlain, let directory = block.directory, let count = block.short(directory),
      directory + 2 + count * 12 + 4 <= block.bytes.count
    else { return block.bytes }
    let kept = block.entries.filter { Tag.ofSamples.contains($0.tag) }
    var rest = block
    rest.put(kept.count, at: directory)
    var bytes = rest.bytes
    let rows: [UInt8] = kept.flatMap { Array(block.bytes[$0.offset..<$0.offset + 12]) } + [0, 0, 0, 0]
    bytes.replaceSubrange(directory + 2..<directory + 2 + rows.count, with: rows)
    return bytes
  }

  /// A tag's whole numbers; none where it is missing or of another type.
  private func values(of tag: Int) -> [Int] {
    guard let entry = block.entries.first(where: { $0.tag == tag }), entry.count > 0 else { return [] }
    let size: Int
    switch entry.type {
    case 1: size = 1
    case 3: size = 2
    case 4: size = 4
    default: return []
    }
    guard entry.count <= block.bytes.count / size else { return [] }
    let start = entry.count * size <= 4 ? entry.offset + 8 : block.long(entry.offset + 8) ?? block.bytes.count
    guard start + entry.count * size <= block.bytes.count else { return [] }
    return (0..<entry.count).compactMap { index in
      switch size {
      case 1: Int(block.bytes[start + index])
      case 2: block.short(start + index * 2)
      default: block.long(start + index * 4)
      }
    }
  }

  /// Bytes that a strip's runs stand for; nil where they go beyond the strip or the file.
  private func unpackedSize(from start: Int, count: Int) -> Int? {
    let end = start + count
    guard end <= block.bytes.count else { return nil }
    var (at, size) = (start, 0)
    while at < end {
      let code = Int(Int8(bitPattern: block.bytes[at]))
      at += code >= 0 ? code + 2 : code == -128 ? 1 : 2
      size += code >= 0 ? code + 1 : code == -128 ? 0 : 1 - code
    }
    return at == end ? size : nil
  }
}
