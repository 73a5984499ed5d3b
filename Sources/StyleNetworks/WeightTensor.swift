/// A tensor at rest: shape, type, and little-endian row-major bytes.
public struct WeightTensor: Sendable, Hashable {
  /// The length of each dimension; empty for a single number.
  public let shape: [Int]
  /// The type of the numbers.
  public let type: ScalarType
  /// The numbers, row-major, little-endian.
  public let bytes: [UInt8]

  /// How many numbers it holds.
  public var count: Int { bytes.count / type.size }

  /// Takes a tensor's parts.
  ///
  /// - Throws: `StyleNetworkError.invalidTensor` where the byte count is not what shape and type say.
  public init(shape: [Int], type: ScalarType, bytes: [UInt8]) throws(StyleNetworkError) {
    guard let expected = Int.checkedProduct(shape + [type.size]) else {
      throw .invalidTensor(reason: "the shape \(shape) is negative or too large")
    }
    guard bytes.count == expected else {
      throw .invalidTensor(
        reason: "\(type.rawValue) of shape \(shape) takes \(expected) bytes, not \(bytes.count)")
    }
    self.init(unchecked: shape, type: type, bytes: bytes)
  }

  /// An f32 tensor of the given values.
  ///
  /// - Throws: `StyleNetworkError.invalidTensor` where the count is not the shape's product.
  public init(floats: [Float], shape: [Int]) throws(StyleNetworkError) {
    guard Int.checkedProduct(shape) == floats.count else {
      throw .invalidTensor(reason: "the shape \(shape) does not hold \(floats.count) values")
    }
    self.init(unchecked: shape, type: .f32, bytes: Self.littleEndian(floats.map(\.bitPattern)))
  }

  /// For parts that are known to agree.
  init(unchecked shape: [Int], type: ScalarType, bytes: [UInt8]) {
    self.shape = shape
    self.type = type
    self.bytes = bytes
  }

  /// The values as f32: exact from f16, bf16 and small integers, to the nearest from f64 and large ones.
  public func floats() -> [Float] {
    switch type {
    case .f64: integers(UInt64.self).map { Float(Double(bitPattern: $0)) }
    case .f32: integers(UInt32.self).map { Float(bitPattern: $0) }
    case .f16: integers(UInt16.self).map { HalfPrecision.float(half: $0) }
    case .bf16: integers(UInt16.self).map { HalfPrecision.float(brain: $0) }
    case .i64: integers(Int64.self).map { Float($0) }
    case .i32: integers(Int32.self).map { Float($0) }
    case .i16: integers(Int16.self).map { Float($0) }
    case .i8: integers(Int8.self).map { Float($0) }
    case .u8: bytes.map { Float($0) }
    case .bool: bytes.map { $0 == 0 ? 0 : 1 }
    }
  }

  /// The same values in a weight type, each rounded to the nearest, ties to even.
  ///
  /// - Parameter type: `f32`, `f16` or `bf16`.
  /// - Throws: `StyleNetworkError.invalidTensor` for another type.
  public func converted(to type: ScalarType) throws(StyleNetworkError) -> WeightTensor {
    if type == self.type { return self }
    let bytes: [UInt8]
    switch type {
    case .f32: bytes = Self.littleEndian(floats().map(\.bitPattern))
    case .f16: bytes = Self.littleEndian(floats().map { HalfPrecision.half($0) })
    case .bf16: bytes = Self.littleEndian(floats().map { HalfPrecision.brain($0) })
    default: throw .invalidTensor(reason: "weights are stored as f32, f16 or bf16, not as \(type.rawValue)")
    }
    return WeightTensor(unchecked: shape, type: type, bytes: bytes)
  }

  /// The index of the first value that is infinite or not a number.
  var firstNonFinite: Int? {
    switch type {
    case .f64: integers(UInt64.self).firstIndex { $0 >> 52 & 0x7FF == 0x7FF }
    case .f32: integers(UInt32.self).firstIndex { $0 & 0x7F80_0000 == 0x7F80_0000 }
    case .f16: integers(UInt16.self).firstIndex { $0 & 0x7C00 == 0x7C00 }
    case .bf16: integers(UInt16.self).firstIndex { $0 & 0x7F80 == 0x7F80 }
    case .i64, .i32, .i16, .i8, .u8, .bool: nil
    }
  }

  private func integers<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> [T] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<T>.size).map {
        T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))
      }
    }
  }

  private static func littleEndian<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    values.map(\.littleEndian).withUnsafeBytes { [UInt8]($0) }
  }
}
