/// One field of a protocol buffer message, as it lies on the wire.
public struct ProtobufField: Sendable, Equatable {
  /// What the wire tells of a value.
  public enum Value: Sendable, Equatable {
    /// A varint.
    case integer(UInt64)
    /// A text, bytes, a message or packed numbers.
    case bytes(ArraySlice<UInt8>)
    /// Four bytes, little-endian.
    case fixed32(UInt32)
    /// Eight bytes, little-endian.
    case fixed64(UInt64)
  }

  /// The field's number.
  public let number: Int
  /// Its value.
  public let value: Value

  /// The fields of a message in their order; nil where the bytes are no message.
  public static func all(in message: ArraySlice<UInt8>) -> [ProtobufField]? {
    var fields: [ProtobufField] = []
    var rest = message
    while !rest.isEmpty {
      guard let key = varint(&rest), key >> 3 >= 1, key >> 3 < 1 << 29 else { return nil }
      let value: Value
      switch key & 7 {
      case 0:
        guard let number = varint(&rest) else { return nil }
        value = .integer(number)
      case 1:
        guard let number = fixed(8, &rest) else { return nil }
        value = .fixed64(number)
      case 2:
        guard let count = varint(&rest), count <= UInt64(rest.count) else { return nil }
        value = .bytes(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
      case 5:
        guard let number = fixed(4, &rest) else { return nil }
        value = .fixed32(UInt32(truncatingIfNeeded: number))
      default: return nil
      }
      fields.append(ProtobufField(number: Int(key >> 3), value: value))
    }
    return fields
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func fixed(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> UInt64? {
    guard rest.count >= count else { return nil }
    let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(count)
    return value
  }
}
