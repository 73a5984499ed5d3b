extension TorchCheckpoint {
  /// `torch.save` since PyTorch 1.6: a zip archive of `*/data.pkl`, `*/byteorder` and `*/data/N`.
  static func readZip(_ bytes: [UInt8]) throws(StyleNetworkError) -> StateDict {
    let archive = try ZipArchive(bytes)
    let pickles = archive.entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.utf8.count { $0 == 0x2F } == 1 }
    guard let name = pickles.first, pickles.count == 1, let pickle = try archive.data(name) else {
      throw .malformedCheckpoint(reason: "it is a zip archive with \(pickles.count) data.pkl instead of one")
    }
    let prefix = name.dropLast("data.pkl".count)
    if let order = try archive.data("\(prefix)byteorder"), !order.elementsEqual("little".utf8) {
      throw .malformedCheckpoint(reason: "it was saved on a big-endian machine; save it again on a little-endian one")
    }
    var reader = ByteReader(Array(pickle))
    let result = try PickleMachine.run(&reader)
    guard reader.remaining == 0 else { throw .malformedCheckpoint(reason: "\(reader.remaining) bytes follow its pickle") }
    let tensors = try stateDict(of: result)
    var source = StorageSource(bytes: bytes)
    for (_, tensor) in tensors where source.spans[tensor.storage.key] == nil {
      let key = tensor.storage.key
      guard archive.entries["\(prefix)data/\(key)"] != nil, let data = try archive.data("\(prefix)data/\(key)") else {
        throw .malformedCheckpoint(reason: "the storage \(quoted(key)) is missing")
      }
      source.spans[key] = data.startIndex..<data.endIndex
    }
    return try source.stateDict(tensors)
  }

  /// `torch.save` before 1.6: four pickles (magic number, protocol, machine, object), the list of storage keys, then per storage its count
  /// and its bytes.
  static func readLegacy(_ bytes: [UInt8]) throws(StyleNetworkError) -> StateDict {
    var reader = ByteReader(bytes)
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    guard try PickleMachine.run(&reader).value == .bigInteger(magic) else {
      throw .malformedCheckpoint(reason: "it is a pickle without PyTorch's magic number; save it with torch.save")
    }
    let version = try PickleMachine.run(&reader).value
    guard version == .integer(1001) else {
      throw .malformedCheckpoint(reason: "its legacy protocol is not 1001")
    }
    try checkMachine(try PickleMachine.run(&reader))
    let result = try PickleMachine.run(&reader)
    let tensors = try stateDict(of: result)
    let keyList = try PickleMachine.run(&reader)
    guard case .object(let list) = keyList.value, keyList.objects[list].kind == .list else {
      throw .malformedCheckpoint(reason: "its list of storages is missing")
    }
    var declared: [String: PickleStorage] = [:]
    for storage in result.storages {
      if let known = declared[storage.key], (known.type, known.count) != (storage.type, storage.count) {
        throw .malformedCheckpoint(reason: "the storage \(quoted(storage.key)) is described in two ways")
      }
      declared[storage.key] = storage
    }
    var source = StorageSource(bytes: bytes)
    for item in keyList.objects[list].items {
      guard case .string(let key) = item, let storage = declared[key] else {
        throw .malformedCheckpoint(reason: "its list names a storage that no tensor uses")
      }
      guard source.spans[key] == nil else { throw .malformedCheckpoint(reason: "the storage \(quoted(key)) is there twice") }
      let count = try reader.number(Int64.self)
      guard count == Int64(storage.count) else {
        throw .malformedCheckpoint(reason: "the storage \(quoted(key)) has \(count) values instead of \(storage.count)")
      }
      let data = try reader.take(storage.count * storage.type.size)
      source.spans[key] = data.startIndex..<data.endIndex
    }
    guard reader.remaining == 0 else {
      throw .malformedCheckpoint(reason: "\(reader.remaining) bytes follow the last storage")
    }
    return try source.stateDict(tensors)
  }

  private static func checkMachine(_ result: PickleMachine.Result) throws(StyleNetworkError) {
    guard case .object(let index) = result.value, result.objects[index].kind == .dictionary else {
      throw .malformedCheckpoint(reason: "its description of the machine is missing")
    }
    let items = result.objects[index].items
    for position in stride(from: 0, to: items.count - 1, by: 2)
    where items[position] == .string("little_endian") && items[position + 1] != .bool(true) {
      throw .malformedCheckpoint(reason: "it was saved on a big-endian machine; save it again on a little-endian one")
    }
  }
}

/// Where each storage lies in the file; gathers tensors out of them.
struct StorageSource {
  let bytes: [UInt8]
  var spans: [String: Range<Int>] = [:]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// All tensors, row-major. Nothing is allocated before all sizes are checked.
  func stateDict(_ tensors: [(name: String, tensor: PickleTensor)]) throws(StyleNetworkError) -> StateDict {
    // Tensors may share storages, but not multiply the file.
    let budget = bytes.count.times(8).plus(1 << 16)
    var total = 0
    for (name, tensor) in tensors {
      total = total.plus(try check(tensor, name: name))
      guard total <= budget else {
        throw .malformedCheckpoint(
          reason: "its tensors take \(total) bytes or more, repeated out of a file of \(bytes.count)")
      }
    }
    return StateDict(entries: tensors.map { StateDict.Entry(name: $0.name, tensor: gather($0.tensor)) })
  }

  /// Compares a tensor with its storage; returns the bytes that it will take.
  private func check(_ tensor: PickleTensor, name: String) throws(StyleNetworkError) -> Int {
    let storage = tensor.storage
    guard let span = spans[storage.key] else {
      throw .malformedCheckpoint(reason: "the storage \(quoted(storage.key)) of \(quoted(name)) is missing")
    }
    guard storage.count.times(storage.type.size) == span.count else {
      throw .malformedCheckpoint(
        reason: "the storage \(quoted(storage.key)) of \(quoted(name)) has \(span.count) bytes instead of"
          + " \(storage.count) x \(storage.type.size)")
    }
    guard let size = Int.checkedProduct(tensor.shape + [storage.type.size]) else {
      throw .malformedCheckpoint(reason: "the shape of \(quoted(name)) is negative or overflows")
    }
    guard tensor.strides.allSatisfy({ $0 >= 0 }), tensor.offset >= 0, tensor.offset <= storage.view.count else {
      throw .malformedCheckpoint(reason: "\(quoted(name)) has a negative stride or starts outside its storage")
    }
    guard size > 0 else { return 0 }
    let last = zip(tensor.shape, tensor.strides).reduce(tensor.offset) { $0.plus(($1.0 - 1).times($1.1)) }
    guard last < storage.view.count else {
      throw .malformedCheckpoint(
        reason: "\(quoted(name)) reaches value \(last) of a storage of \(storage.view.count)")
    }
    return size
  }

  private func gather(_ tensor: PickleTensor) -> WeightTensor {
    let size = tensor.storage.type.size
    guard let span = spans[tensor.storage.key], !tensor.shape.contains(0) else {
      return WeightTensor(unchecked: tensor.shape, type: tensor.storage.type, bytes: [])
    }
    let base = span.lowerBound + (tensor.storage.view.lowerBound + tensor.offset) * size
    let count = tensor.shape.reduce(1, *)
    if tensor.strides == Self.rowMajor(tensor.shape) || count == 1 {
      return WeightTensor(
        unchecked: tensor.shape, type: tensor.storage.type, bytes: Array(bytes[base..<base + count * size]))
    }
    var gathered: [UInt8] = []
    gathered.reserveCapacity(count * size)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var element = 0
    for _ in 0..<count {
      gathered += bytes[base + element * size..<base + (element + 1) * size]
      var dimension = tensor.shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        element += tensor.strides[dimension]
        if index[dimension] < tensor.shape[dimension] { break }
        element -= index[dimension] * tensor.strides[dimension]
        index[dimension] = 0
        dimension -= 1
      }
    }
    return WeightTensor(unchecked: tensor.shape, type: tensor.storage.type, bytes: gathered)
  }

  private static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = shape
    var product = 1
    for dimension in shape.indices.reversed() {
      strides[dimension] = product
      product *= shape[dimension]
    }
    return strides
  }
}
