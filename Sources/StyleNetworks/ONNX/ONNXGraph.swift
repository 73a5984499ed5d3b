internal import BinaryFormats

/// An ONNX graph while it grows: nodes, constants, inputs and outputs, in the field numbers of onnx.proto3 (onnx/onnx, IR version 8).
struct ONNXGraph {
  /// A value that flows between nodes.
  struct Value: Hashable {
    var name: String
  }

  /// What an attribute of a node holds.
  enum Attribute {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case string(String)
  }

  /// The types of tensors that are used here, with ONNX's numbers.
  enum ElementType: Int {
    case float = 1
    case uint8 = 2
    case uint16 = 4
    case int64 = 7
  }

  /// A dimension at the graph's ends: known, or named.
  enum Dimension {
    case size(Int)
    case named(String)
  }

  private var writer = ProtobufWriter()
  private var constants: Set<String> = []
  private var count = 0

  init(name: String) {
    writer.string(2, name)
  }

  mutating func input(_ name: String, _ type: ElementType, _ shape: [Dimension]) -> Value {
    end(11, name, type, shape)
    return Value(name: name)
  }

  /// Gives a value a name at the graph's end.
  mutating func output(_ value: Value, as name: String, _ type: ElementType, _ shape: [Dimension]) {
    node("Identity", [value], output: name)
    end(12, name, type, shape)
  }

  /// Adds a node of one output.
  @discardableResult mutating func node(
    _ type: String, _ inputs: [Value], _ attributes: KeyValuePairs<String, Attribute> = [:], output: String? = nil
  ) -> Value {
    count += 1
    let result = Value(name: output ?? "\(type.lowercased())_\(count)")
    writer.message(1) { node in
      for input in inputs { node.string(1, input.name) }
      node.string(2, result.name)
      node.string(3, "\(type)_\(count)")
      node.string(4, type)
      for (name, value) in attributes { node.message(5) { Self.write(name, value, to: &$0) } }
    }
    return result
  }

  mutating func constant(_ name: String, floats: [Float], shape: [Int]) -> Value {
    constant(name, .float, shape, floats.map(\.bitPattern.littleEndian).withUnsafeBytes { [UInt8]($0) })
  }

  mutating func constant(_ name: String, integers: [Int]) -> Value {
    constant(name, .int64, [integers.count], integers.map { Int64($0).littleEndian }.withUnsafeBytes { [UInt8]($0) })
  }

  /// A single number.
  mutating func scalar(_ value: Float) -> Value {
    constant("scalar_\(value)", floats: [value], shape: [])
  }

  /// The bytes of a model with this graph.
  func model(opset: Int, producer: String, metadata: [String: String]) -> [UInt8] {
    var model = ProtobufWriter()
    model.integer(1, 8)
    model.string(2, producer)
    model.data(7, writer.bytes)
    model.message(8) { $0.integer(2, opset) }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      model.message(14) {
        $0.string(1, key)
        $0.string(2, value)
      }
    }
    return model.bytes
  }

  private mutating func constant(_ name: String, _ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) -> Value {
    guard constants.insert(name).inserted else { return Value(name: name) }
    writer.message(5) { tensor in
      for size in shape { tensor.integer(1, size) }
      tensor.integer(2, type.rawValue)
      tensor.string(8, name)
      tensor.data(9, bytes)
    }
    return Value(name: name)
  }

  private mutating func end(_ field: Int, _ name: String, _ type: ElementType, _ shape: [Dimension]) {
    writer.message(field) { info in
      info.string(1, name)
      info.message(2) { any in
        any.message(1) { tensor in
          tensor.integer(1, type.rawValue)
          tensor.message(2) { dimensions in
            for dimension in shape {
              dimensions.message(1) {
                switch dimension {
                case .size(let size): $0.integer(1, size)
                case .named(let name): $0.string(2, name)
                }
              }
            }
          }
        }
      }
    }
  }

  private static func write(_ name: String, _ value: Attribute, to attribute: inout ProtobufWriter) {
    attribute.string(1, name)
    switch value {
    case .float(let value):
      attribute.float(2, value)
      attribute.integer(20, 1)
    case .integer(let value):
      attribute.integer(3, value)
      attribute.integer(20, 2)
    case .string(let value):
      attribute.string(4, value)
      attribute.integer(20, 3)
    case .integers(let values):
      for value in values { attribute.integer(8, value) }
      attribute.integer(20, 7)
    }
  }
}
