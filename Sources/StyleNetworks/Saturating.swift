extension Int {
  /// The product, or the nearest representable number: sizes in an untrusted description must not trap.
  func times(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }

  /// The sum, or the nearest representable number.
  func plus(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (self < 0 ? .min : .max) : sum
  }

  /// The product of non-negative sizes, or nil where it overflows or one is negative.
  static func checkedProduct(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
      guard size >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      // An overflow before a zero would hide behind the zero.
      guard !overflow else { return sizes.contains(0) && sizes.allSatisfy { $0 >= 0 } ? 0 : nil }
      product = next
    }
    return product
  }
}

/// A positive fraction, reduced: how many input pixels a feature pixel spans.
struct Ratio: Equatable {
  var numerator = 1
  var denominator = 1

  /// Times `up / down`; factors below 1 count as 1.
  mutating func scale(up: Int = 1, down: Int = 1) {
    let top = numerator.times(max(1, up))
    let bottom = denominator.times(max(1, down))
    let divisor = Ratio.commonDivisor(top, bottom)
    (numerator, denominator) = (top / divisor, bottom / divisor)
  }

  var value: Double { Double(numerator) / Double(denominator) }

  static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (max(1, a), max(1, b))
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
