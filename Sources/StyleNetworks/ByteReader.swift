/// Reads numbers out of bytes that may lie about their length; every read is checked.
struct ByteReader {
  let bytes: [UInt8]
  var position: Int

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var remaining: Int { bytes.count - position }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(StyleNetworkError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw .malformedCheckpoint(reason: "it ends at byte \(bytes.count), in the middle of a value at byte \(position)")
    }
    position += count
    return bytes[position - count..<position]
  }

  /// The next byte.
  mutating func byte() throws(StyleNetworkError) -> UInt8 {
    guard position < bytes.count else {
      throw .malformedCheckpoint(reason: "it ends at byte \(bytes.count), before its STOP")
    }
    position += 1
    return bytes[position - 1]
  }

  /// The next little-endian number.
  mutating func number<T: FixedWidthInteger>(_: T.Type = T.self) throws(StyleNetworkError) -> T {
    try take(T.bitWidth / 8).reversed().reduce(T.zero) { $0 << 8 | T(truncatingIfNeeded: $1) }
  }

  /// The next little-endian number as a size or an offset.
  mutating func size<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) throws(StyleNetworkError) -> Int {
    let value = try number(T.self)
    guard let size = Int(exactly: value) else {
      throw .malformedCheckpoint(reason: "the size \(value) before byte \(position) is beyond any file")
    }
    return size
  }

  /// The bytes up to the next line feed, which is skipped.
  mutating func line(limit: Int = 256) throws(StyleNetworkError) -> String {
    let window = bytes[position..<min(bytes.count, position + limit)]
    guard let end = window.firstIndex(of: 0x0A), let text = String(validating: bytes[position..<end], as: UTF8.self) else {
      throw .malformedCheckpoint(reason: "a name at byte \(position) does not end")
    }
    position = end + 1
    return text
  }

  /// The next `count` bytes as UTF-8.
  mutating func text(_ count: Int) throws(StyleNetworkError) -> String {
    let start = position
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw .malformedCheckpoint(reason: "the text at byte \(start) is not UTF-8")
    }
    return text
  }
}
