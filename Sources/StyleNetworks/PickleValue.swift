/// What a pickle can leave on the stack of the interpreter.
///
/// Containers are indices into an arena: nothing nests in memory, so that no depth of nesting, and no cycle, can exhaust the stack.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  /// More than 64 bits, little-endian: the legacy container's magic number.
  case bigInteger([UInt8])
  case float(Double)
  case string(String)
  case global(String)
  case object(Int)
  case storage(Int)
  case tensor(Int)
}

/// A container in the arena.
struct PickleObject {
  enum Kind { case list, tuple, dictionary }
  var kind: Kind
  /// A dictionary's keys and values alternate.
  var items: [PickleValue] = []
}

/// A persistent id: a piece of a storage, as yet only named.
struct PickleStorage: Equatable {
  var key: String
  var type: ScalarType
  /// Elements of the whole storage, as the pickle claims.
  var count: Int
  /// The elements of it that the legacy container's view shows.
  var view: Range<Int>
}

/// A tensor as the pickle describes it, not yet compared with what the file has.
struct PickleTensor: Equatable {
  var storage: PickleStorage
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}
