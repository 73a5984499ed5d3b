/// A JSON value as a safetensors header has it: keys in order, whole numbers exact.
enum JSONValue: Equatable {
  case object([(key: String, value: JSONValue)])
  case array([JSONValue])
  case string(String)
  case integer(Int)
  case other

  static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    case (.array(let a), .array(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.other, .other): true
    default: false
    }
  }
}

/// A JSON parser (RFC 8259) that refuses duplicate keys, which Foundation's swallows, and bounds the depth.
struct StrictJSON {
  /// What broke, and at which byte.
  struct Failure: Error { var reason: String }

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private let depthLimit: Int

  static func parse(_ bytes: ArraySlice<UInt8>, depthLimit: Int = 8) throws(Failure) -> JSONValue {
    var parser = StrictJSON(bytes: bytes, position: bytes.startIndex, depthLimit: depthLimit)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.endIndex else { throw parser.failure("there is more after the JSON value") }
    return value
  }

  private func failure(_ reason: String) -> Failure { Failure(reason: "\(reason) (byte \(position - bytes.startIndex))") }

  private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < depthLimit else { throw failure("it nests deeper than \(depthLimit)") }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true")
    case UInt8(ascii: "f"): return try literal("false")
    case UInt8(ascii: "n"): return try literal("null")
    case nil: throw failure("the JSON ends early")
    default: return try number()
    }
  }

  private mutating func literal(_ word: StaticString) throws(Failure) -> JSONValue {
    let expected = Array("\(word)".utf8)
    guard bytes[position...].starts(with: expected) else { throw failure("there is no JSON value") }
    position += expected.count
    return .other
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var entries: [(key: String, value: JSONValue)] = []
    var keys: Set<String> = []
    skipSpace()
    if take("}") { return .object(entries) }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw failure("a key is missing") }
      let key = try string()
      guard keys.insert(key).inserted else { throw failure("the key \(quoted(key)) is there twice") }
      skipSpace()
      guard take(":") else { throw failure("a colon is missing") }
      entries.append((key, try value(depth: depth + 1)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure("an object is not closed") }
    return .object(entries)
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(values) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure("an array is not closed") }
    return .array(values)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    _ = take("-")
    let first = current
    let count = digits()
    guard count > 0 else { throw failure("there is no JSON value") }
    guard first != UInt8(ascii: "0") || count == 1 else { throw failure("a number starts with 0") }
    var whole = true
    if take(".") {
      whole = false
      guard digits() > 0 else { throw failure("a number is incomplete") }
    }
    if take("e") || take("E") {
      whole = false
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw failure("a number is incomplete") }
    }
    guard whole else { return .other }
    guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw failure("a number is too large")
    }
    return .integer(number)
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw failure("a text is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): content += String(try escape()).utf8
      case 0..<0x20: throw failure("a text holds a control character")
      default: content.append(byte)
      }
    }
    throw failure("a text is not closed")
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard let byte = current else { throw failure("the JSON ends early") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var unit = try codeUnit()
      if unit >> 10 == 0x36 {
        guard take("\\"), take("u") else { throw failure("half of a surrogate pair is missing") }
        let low = try codeUnit()
        guard low >> 10 == 0x37 else { throw failure("half of a surrogate pair is missing") }
        unit = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("half of a surrogate pair is missing") }
      return scalar
    default: throw failure("a text holds an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Failure) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("an escape is incomplete")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }
}

/// A text from a file, as an error shows it: short, without control characters.
func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
  return "'\(shown)\(text.unicodeScalars.count > 60 ? "…" : "")'"
}
