/// Interprets the pickle opcodes that state dicts use (Python's pickletools, protocols 2 to 5).
///
/// It builds descriptions only: a global is a name out of a short list, REDUCE knows three functions, and nothing is ever imported or called.
struct PickleMachine {
  /// A pickle's result, with the arena it points into.
  struct Result {
    var value: PickleValue
    var objects: [PickleObject]
    var storages: [PickleStorage]
    var tensors: [PickleTensor]
  }

  /// Many times what the largest real checkpoints take.
  enum Limit {
    static let steps = 10_000_000
    static let stack = 1_000_000
  }

  var reader: ByteReader
  var stack: [PickleValue] = []
  var marks: [Int] = []
  var memo: [Int: PickleValue] = [:]
  var objects: [PickleObject] = []
  var storages: [PickleStorage] = []
  var tensors: [PickleTensor] = []

  /// Runs one pickle from the reader's position to its STOP, and leaves the reader behind it.
  static func run(_ reader: inout ByteReader) throws(StyleNetworkError) -> Result {
    var machine = PickleMachine(reader: reader)
    let value = try machine.run()
    reader.position = machine.reader.position
    return Result(value: value, objects: machine.objects, storages: machine.storages, tensors: machine.tensors)
  }

  private mutating func run() throws(StyleNetworkError) -> PickleValue {
    for _ in 0..<Limit.steps {
      let opcode = try reader.byte()
      if opcode == UInt8(ascii: ".") {
        guard let value = stack.popLast(), stack.isEmpty, marks.isEmpty else { throw failure("STOP with an untidy stack") }
        return value
      }
      try step(opcode)
      guard stack.count + marks.count <= Limit.stack else { throw failure("it nests or stacks without end") }
    }
    throw failure("it has more than \(Limit.steps) steps")
  }

  private mutating func step(_ opcode: UInt8) throws(StyleNetworkError) {
    switch opcode {
    case 0x80:
      let version = try reader.byte()
      guard (2...5).contains(version) else { throw failure("pickle protocol \(version) is not one of 2 to 5") }
    case 0x95:
      guard try reader.size(UInt64.self) <= reader.remaining else { throw failure("a frame is longer than the file") }
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try reader.number(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try reader.byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try reader.number(UInt16.self))))
    case 0x8A: stack.append(Self.integer(try reader.take(Int(try reader.byte()))))
    case UInt8(ascii: "G"):
      stack.append(.float(Double(bitPattern: try reader.number(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"):
      let length = try reader.size(UInt32.self)
      stack.append(.string(try reader.text(length)))
    case 0x8C, UInt8(ascii: "U"): stack.append(.string(try reader.text(Int(try reader.byte()))))
    case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"):
      push(opcode == UInt8(ascii: "}") ? .dictionary : opcode == UInt8(ascii: "]") ? .list : .tuple)
    case UInt8(ascii: "t"): push(.tuple, try popMark())
    case 0x85, 0x86, 0x87: push(.tuple, try pop(Int(opcode) - 0x84))
    case UInt8(ascii: "q"): try remember(Int(try reader.byte()))
    case UInt8(ascii: "r"): try remember(try reader.size(UInt32.self))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(Int(try reader.byte()))
    case UInt8(ascii: "j"): try recall(try reader.size(UInt32.self))
    case UInt8(ascii: "c"):
      let module = try reader.line()
      try pushGlobal(module, try reader.line())
    case 0x93:
      let parts = try pop(2)
      guard case .string(let module) = parts[0], case .string(let name) = parts[1] else {
        throw failure("a global's name is not a text")
      }
      try pushGlobal(module, name)
    case UInt8(ascii: "s"): try extend(.dictionary, with: try pop(2))
    case UInt8(ascii: "u"): try extend(.dictionary, with: try popMark())
    case UInt8(ascii: "a"): try extend(.list, with: try pop(1))
    case UInt8(ascii: "e"): try extend(.list, with: try popMark())
    case UInt8(ascii: "Q"): try pushStorage(try pop(1)[0])
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    default:
      let hex = String(opcode, radix: 16)
      throw failure("the opcode 0x\(hex.count < 2 ? "0" : "")\(hex) has no place in a state dict")
    }
  }

  func failure(_ reason: String) -> StyleNetworkError {
    .malformedCheckpoint(reason: "in its pickle, \(reason) (before byte \(reader.position))")
  }

  mutating func push(_ kind: PickleObject.Kind, _ items: [PickleValue] = []) {
    objects.append(PickleObject(kind: kind, items: items))
    stack.append(.object(objects.count - 1))
  }

  /// The values above the last mark may not be taken without it.
  mutating func pop(_ count: Int) throws(StyleNetworkError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw failure("the stack runs empty") }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  mutating func popMark() throws(StyleNetworkError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw failure("a mark is missing") }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private mutating func remember(_ index: Int) throws(StyleNetworkError) {
    guard stack.count > (marks.last ?? 0), let top = stack.last else { throw failure("the stack runs empty") }
    memo[index] = top
  }

  private mutating func recall(_ index: Int) throws(StyleNetworkError) {
    guard let value = memo[index] else { throw failure("the memo has no entry \(index)") }
    stack.append(value)
  }

  private mutating func extend(_ kind: PickleObject.Kind, with items: [PickleValue]) throws(StyleNetworkError) {
    guard stack.count > (marks.last ?? 0), case .object(let index)? = stack.last, objects[index].kind == kind else {
      throw failure("values are added to what is no \(kind == .list ? "list" : "dictionary")")
    }
    guard kind == .list || items.count % 2 == 0 else { throw failure("a key has no value") }
    objects[index].items += items
  }

  /// A little-endian two's complement number.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> PickleValue {
    guard bytes.count <= 8 else { return .bigInteger(Array(bytes)) }
    let negative = (bytes.last ?? 0) & 0x80 != 0
    return .integer(Int(bytes.reversed().reduce(negative ? -1 : 0 as Int64) { $0 << 8 | Int64($1) }))
  }
}
