extension SafetensorsFile {
  private static let headerLimit = 100_000_000

  /// Reads a file's bytes, refusing everything that the format forbids: holes, overlaps, trailing bytes, duplicate names, sizes that do not
  /// agree, headers above 100 MB.
  ///
  /// - Throws: `StyleNetworkError.malformedSafetensors`.
  public init(bytes: [UInt8]) throws(StyleNetworkError) {
    guard bytes.count >= 8 else { throw .malformedSafetensors(reason: "it has fewer than 8 bytes") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(Self.headerLimit) else {
      throw .malformedSafetensors(reason: "its header claims \(length) bytes, above the limit of 100 MB")
    }
    guard let count = Int(exactly: length), count <= bytes.count - 8 else {
      throw .malformedSafetensors(reason: "its header claims \(length) bytes, but only \(bytes.count - 8) follow")
    }
    guard count > 0, bytes[8] == UInt8(ascii: "{") else {
      throw .malformedSafetensors(reason: "its header does not start with '{'")
    }
    let header: JSONValue
    do {
      header = try StrictJSON.parse(bytes[8..<8 + count])
    } catch {
      throw .malformedSafetensors(reason: "in its header, \(error.reason)")
    }
    guard case .object(let entries) = header else { throw .malformedSafetensors(reason: "its header is not an object") }
    self.init()
    var spans: [(name: String, span: Range<Int>)] = []
    for (name, value) in entries {
      if name == "__metadata__" {
        metadata = try Self.texts(value)
      } else {
        let entry = try Self.entry(value, name: name, available: bytes.count - 8 - count)
        let start = 8 + count + entry.span.lowerBound
        self[name] = WeightTensor(
          unchecked: entry.shape, type: entry.type, bytes: Array(bytes[start..<start + entry.span.count]))
        spans.append((name, entry.span))
      }
    }
    try Self.checkTiling(spans, total: bytes.count - 8 - count)
  }

  private static func texts(_ value: JSONValue) throws(StyleNetworkError) -> [String: String] {
    guard case .object(let entries) = value else { throw .malformedSafetensors(reason: "__metadata__ is not an object") }
    var texts: [String: String] = [:]
    for (key, value) in entries {
      guard case .string(let text) = value else {
        throw .malformedSafetensors(reason: "__metadata__ entry \(quoted(key)) is not a text")
      }
      texts[key] = text
    }
    return texts
  }

  private static func entry(
    _ value: JSONValue, name: String, available: Int
  ) throws(StyleNetworkError) -> (type: ScalarType, shape: [Int], span: Range<Int>) {
    guard case .object(let fields) = value else {
      throw .malformedSafetensors(reason: "the entry \(quoted(name)) is not an object")
    }
    func field(_ key: String) -> JSONValue { fields.first { $0.key == key }?.value ?? .other }
    guard case .string(let typeName) = field("dtype") else {
      throw .malformedSafetensors(reason: "\(quoted(name)) has no dtype")
    }
    guard let type = ScalarType(rawValue: typeName) else {
      throw .malformedSafetensors(reason: "\(quoted(name)) has the unknown dtype \(quoted(typeName))")
    }
    guard let shape = sizes(field("shape")) else {
      throw .malformedSafetensors(reason: "the shape of \(quoted(name)) is not a list of sizes")
    }
    guard let offsets = sizes(field("data_offsets")), offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .malformedSafetensors(reason: "the data_offsets of \(quoted(name)) are not a begin and an end")
    }
    guard let size = Int.checkedProduct(shape + [type.size]) else {
      throw .malformedSafetensors(reason: "the shape of \(quoted(name)) overflows")
    }
    guard offsets[1] - offsets[0] == size else {
      throw .malformedSafetensors(
        reason: "\(quoted(name)) takes \(offsets[1] - offsets[0]) bytes where its shape and dtype say \(size)")
    }
    guard offsets[1] <= available else {
      throw .malformedSafetensors(
        reason: "\(quoted(name)) ends at byte \(offsets[1]) of \(available): the file was cut off")
    }
    return (type, shape, offsets[0]..<offsets[1])
  }

  private static func sizes(_ value: JSONValue) -> [Int]? {
    guard case .array(let items) = value else { return nil }
    var sizes: [Int] = []
    for item in items {
      guard case .integer(let size) = item, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  private static func checkTiling(_ spans: [(name: String, span: Range<Int>)], total: Int) throws(StyleNetworkError) {
    var end = 0
    for (name, span) in spans.sorted(by: {
      ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound)
    }) {
      guard span.lowerBound >= end else {
        throw .malformedSafetensors(reason: "\(quoted(name)) overlaps another tensor")
      }
      guard span.lowerBound == end else {
        throw .malformedSafetensors(reason: "there is a hole of \(span.lowerBound - end) bytes before \(quoted(name))")
      }
      end = span.upperBound
    }
    guard end == total else { throw .malformedSafetensors(reason: "\(total - end) bytes follow the last tensor") }
  }
}
