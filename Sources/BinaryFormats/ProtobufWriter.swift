/// Writes protocol buffers' wire format (protobuf.dev, "Encoding"): what ONNX, TensorBoard and Weights & Biases need of it.
public struct ProtobufWriter: Sendable {
  /// The message so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty message.
  public init() {}

  /// An integer, a truth value or an enumeration's number as a varint.
  public mutating func integer(_ field: Int, _ value: Int) {
    key(field, wire: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A 32-bit float.
  public mutating func float(_ field: Int, _ value: Float) {
    key(field, wire: 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A 64-bit float.
  public mutating func double(_ field: Int, _ value: Double) {
    key(field, wire: 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Several 64-bit floats, packed.
  public mutating func doubles(_ field: Int, _ values: [Double]) {
    key(field, wire: 2)
    varint(UInt64(8 * values.count))
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
  }

  /// A text.
  public mutating func string(_ field: Int, _ value: String) {
    data(field, Array(value.utf8))
  }

  /// Bytes.
  public mutating func data(_ field: Int, _ value: [UInt8]) {
    key(field, wire: 2)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A message within this one.
  public mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    data(field, inner.bytes)
  }

  private mutating func key(_ field: Int, wire: Int) {
    varint(UInt64(field << 3 | wire))
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
