/// The few globals that state dicts use, and what they stand for.
extension PickleMachine {
  private static let orderedDictionary = "collections.OrderedDict"
  private static let tensorFunction = "torch._utils._rebuild_tensor_v2"
  private static let parameterFunction = "torch._utils._rebuild_parameter"
  private static let storageTypes: [String: ScalarType] = [
    "torch.FloatStorage": .f32, "torch.DoubleStorage": .f64, "torch.HalfStorage": .f16, "torch.BFloat16Storage": .bf16,
    "torch.LongStorage": .i64, "torch.IntStorage": .i32, "torch.ShortStorage": .i16, "torch.CharStorage": .i8,
    "torch.ByteStorage": .u8, "torch.BoolStorage": .bool,
  ]

  mutating func pushGlobal(_ module: String, _ name: String) throws(StyleNetworkError) {
    let full = "\(module).\(name)"
    guard
      [Self.orderedDictionary, Self.tensorFunction, Self.parameterFunction].contains(full) || Self.storageTypes[full] != nil
    else { throw .refusedGlobal(name: quoted(full)) }
    stack.append(.global(full))
  }

  /// BINPERSID: `('storage', type, key, location, size[, view])`.
  mutating func pushStorage(_ id: PickleValue) throws(StyleNetworkError) {
    guard let parts = items(of: id, .tuple), parts.count == 5 || parts.count == 6, parts[0] == .string("storage"),
      case .global(let typeName) = parts[1], let type = Self.storageTypes[typeName],
      case .string(let key) = parts[2], case .string = parts[3], case .integer(let count) = parts[4]
    else { throw failure("a persistent id does not describe a storage") }
    guard let bytes = Int.checkedProduct([count, type.size]), bytes <= FileAccess.sizeLimit else {
      throw failure("the storage \(quoted(key)) claims \(count) values")
    }
    var view = 0..<count
    if parts.count == 6, parts[5] != .none {
      guard let fields = items(of: parts[5], .tuple), fields.count == 3, case .integer(let offset) = fields[1],
        case .integer(let length) = fields[2], offset >= 0, length >= 0, offset <= count, length <= count - offset
      else { throw failure("the view of storage \(quoted(key)) lies outside it") }
      view = offset..<offset + length
    }
    storages.append(PickleStorage(key: key, type: type, count: count, view: view))
    stack.append(.storage(storages.count - 1))
  }

  /// REDUCE: a function's name and its arguments become what the function would return.
  mutating func reduce() throws(StyleNetworkError) {
    let call = try pop(2)
    guard case .global(let function) = call[0], let arguments = items(of: call[1], .tuple) else {
      throw failure("REDUCE lacks a function or its arguments")
    }
    switch function {
    case Self.orderedDictionary: push(.dictionary, try pairs(arguments))
    case Self.tensorFunction: try pushTensor(arguments)
    case Self.parameterFunction:
      guard let data = arguments.first, case .tensor = data else { throw failure("a Parameter has no tensor") }
      stack.append(data)
    default: throw failure("\(function) is called, which is a type, not a function")
    }
  }

  /// BUILD: gives an OrderedDict its `_metadata`, which weights have no use for.
  mutating func build() throws(StyleNetworkError) {
    let parts = try pop(2)
    guard items(of: parts[0], .dictionary) != nil, items(of: parts[1], .dictionary) != nil else {
      throw failure("BUILD on what is no dictionary")
    }
    stack.append(parts[0])
  }

  func items(of value: PickleValue, _ kind: PickleObject.Kind) -> [PickleValue]? {
    guard case .object(let index) = value, objects[index].kind == kind else { return nil }
    return objects[index].items
  }

  /// Python 2 hands an OrderedDict a list of pairs; Python 3 nothing.
  private func pairs(_ arguments: [PickleValue]) throws(StyleNetworkError) -> [PickleValue] {
    guard let argument = arguments.first else { return [] }
    guard arguments.count == 1, let list = items(of: argument, .list) else {
      throw failure("an OrderedDict is made of what is no list")
    }
    var flat: [PickleValue] = []
    for pair in list {
      guard let fields = items(of: pair, .list) ?? items(of: pair, .tuple), fields.count == 2 else {
        throw failure("an OrderedDict is made of what are no pairs")
      }
      flat += fields
    }
    return flat
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])`.
  private mutating func pushTensor(_ arguments: [PickleValue]) throws(StyleNetworkError) {
    guard (6...7).contains(arguments.count), case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], let shape = integers(arguments[2]), let strides = integers(arguments[3])
    else { throw failure("a tensor is rebuilt from the wrong arguments") }
    guard shape.count == strides.count, shape.count <= 64 else {
      throw failure("a tensor has \(shape.count) dimensions and \(strides.count) strides")
    }
    tensors.append(PickleTensor(storage: storages[storage], offset: offset, shape: shape, strides: strides))
    stack.append(.tensor(tensors.count - 1))
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let values = items(of: value, .tuple) else { return nil }
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value else { return nil }
      integers.append(integer)
    }
    return integers
  }
}
