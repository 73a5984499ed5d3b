/// Reproducible numbers for tests and benchmarks; Python's side is in `Tests/Goldens/style_networks.py`.
public enum SeededValues {
  /// FNV-1a, 64 bits, of a text's UTF-8 bytes: a seed from a name.
  public static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// f32 values in [0, 1), multiples of 2^-24, from the upper 24 bits of SplitMix64.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - seed: the generator's seed.
  public static func uniform(count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix64(state: seed)
    return (0..<max(0, count)).map { _ in Float(generator.next() >> 40) * 0x1p-24 }
  }

  /// f64 values in [-1, 1), multiples of 2^-52, from the upper 53 bits of SplitMix64.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - seed: the generator's seed.
  public static func signed(count: Int, seed: UInt64) -> [Double] {
    var generator = SplitMix64(state: seed)
    return (0..<max(0, count)).map { _ in Double(generator.next() >> 11) * 0x1p-52 - 1 }
  }
}

/// The SplitMix64 generator (Steele, Lea, Flood 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that starts at a seed.
  public init(state: UInt64) {
    self.state = state
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
