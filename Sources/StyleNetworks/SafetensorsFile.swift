/// A safetensors file's content: named tensors and a few texts (huggingface.co/docs/safetensors).
public struct SafetensorsFile: Sendable, Equatable {
  /// The texts under `__metadata__`.
  public var metadata: [String: String]
  /// The tensors' names, in the file's order.
  public private(set) var names: [String]
  private var tensors: [String: WeightTensor]

  /// An empty file.
  public init(metadata: [String: String] = [:]) {
    self.metadata = metadata
    names = []
    tensors = [:]
  }

  /// Reads a file.
  ///
  /// - Throws: `StyleNetworkError.inFile` around what is wrong with it.
  public init(contentsOf path: String) throws(StyleNetworkError) {
    let bytes = try FileAccess.read(path)
    self = try inFile(path) { () throws(StyleNetworkError) in try SafetensorsFile(bytes: bytes) }
  }

  /// The tensor of that name; setting one appends it, or removes it when nil.
  public subscript(name: String) -> WeightTensor? {
    get { tensors[name] }
    set {
      if newValue == nil { names.removeAll { $0 == name } } else if tensors[name] == nil { names.append(name) }
      tensors[name] = newValue
    }
  }

  /// Writes the file beside the target and renames it when whole.
  ///
  /// - Throws: `StyleNetworkError.inFile` around `unwritable`.
  public func write(to path: String) throws(StyleNetworkError) {
    try FileAccess.write(serialized(), to: path)
  }

  /// The file's bytes: the same content gives the same bytes.
  public func serialized() -> [UInt8] {
    // Wide types first, so that each tensor is aligned to its type, as the format asks of writers.
    let order = names.indices.sorted { a, b in
      let (x, y) = (tensors[names[a]]?.type.size ?? 0, tensors[names[b]]?.type.size ?? 0)
      return x == y ? a < b : x > y
    }
    var entries: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(Self.json($0.key)):\(Self.json($0.value))" }
      entries.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var body: [UInt8] = []
    for index in order {
      guard let tensor = tensors[names[index]] else { continue }
      let begin = body.count
      body += tensor.bytes
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(Self.json(names[index])):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(body.count)]}")
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let length = UInt64(header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header + body
  }

  /// A JSON string.
  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
