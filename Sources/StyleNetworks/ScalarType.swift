/// The type of a tensor's numbers.
public enum ScalarType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary64.
  case f64 = "F64"
  /// IEEE 754 binary32.
  case f32 = "F32"
  /// IEEE 754 binary16.
  case f16 = "F16"
  /// The upper half of binary32.
  case bf16 = "BF16"
  /// Signed, 64 bits.
  case i64 = "I64"
  /// Signed, 32 bits.
  case i32 = "I32"
  /// Signed, 16 bits.
  case i16 = "I16"
  /// Signed, 8 bits.
  case i8 = "I8"
  /// Unsigned, 8 bits.
  case u8 = "U8"
  /// 0 or 1 in 8 bits.
  case bool = "BOOL"

  /// Bytes per number.
  public var size: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// Whether weights can be stored in this type.
  public var isWeightType: Bool { self == .f32 || self == .f16 || self == .bf16 }
}

/// Half precision by hand: Swift's `Float16` does not exist on every platform.
enum HalfPrecision {
  /// The f32 of an f16's bits; exact.
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0: return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// The nearest f16's bits, ties to even; beyond 65504 infinity.
  static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
    // 65520 lies halfway between the greatest f16 and the next power of two.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Subnormal: whole multiples of 2^-24, to the nearest of which the product rounds exactly.
      let steps = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
      return sign | UInt16(steps)
    }
    let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded - 0x3800_0000) >> 13)
  }

  /// The f32 of a bf16's bits; exact.
  static func float(brain bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// The nearest bf16's bits, ties to even.
  static func brain(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }
}
