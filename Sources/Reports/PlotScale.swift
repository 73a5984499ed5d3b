internal import Foundation

/// How values lie along an axis: evenly, or their logarithms.
public struct PlotScale: Sendable, Equatable {
  /// The least value.
  public let lower: Double
  /// The largest, above the least.
  public let upper: Double
  /// Whether logarithms are shown.
  public let isLogarithmic: Bool

  /// The scale of finite values, with a little room; logarithmic only where all are above 0.
  ///
  /// - Parameter fromZero: begins at 0 where no value is below.
  public init(of values: some Sequence<Double>, logarithmic: Bool = false, fromZero: Bool = false) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    isLogarithmic = logarithmic && low > 0 && low < .infinity
    if low > high { (low, high) = (0, 1) }
    if fromZero, low > 0 { low = 0 }
    if isLogarithmic {
      let room = max(0.02, 0.04 * log10(high / low))
      (lower, upper) = (low / pow(10, room), high * pow(10, room))
    } else {
      let room = high > low ? 0.04 * (high - low) : max(1e-6, abs(high) * 0.1)
      lower = fromZero && low == 0 ? 0 : low - room
      upper = high + room
    }
  }

  /// A scale between given ends.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper > lower ? upper : lower + 1
    isLogarithmic = false
  }

  /// Where a value lies: 0 at the lower end, 1 at the upper.
  public func position(_ value: Double) -> Double {
    guard isLogarithmic else { return (value - lower) / (upper - lower) }
    return log10(max(value, lower) / lower) / log10(upper / lower)
  }

  /// Round values on the scale, rising, about as many as asked for.
  public func ticks(_ count: Int = 5) -> [Double] {
    let count = Double(max(2, count))
    if isLogarithmic, upper / lower > 8 {
      let decades = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
      let stride = max(1, Int((Double(decades.count) / (count + 1)).rounded(.up)))
      let factors = decades.count <= 3 ? [1.0, 2, 5] : [1.0]
      let values = decades.filter { $0 % stride == 0 }.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
      return values.filter { $0 >= lower && $0 <= upper }
    }
    let rough = (upper - lower) / count
    let unit = pow(10, log10(rough).rounded(.down))
    let step = unit * ([1.0, 2, 5].first { $0 * unit >= rough } ?? 10)
    guard step.isFinite, step > 0 else { return [] }
    let first = (lower / step).rounded(.up)
    return (0...Int(count) + 1).map { (first + Double($0)) * step }.filter { $0 >= lower && $0 <= upper + step * 1e-9 }
  }

  /// A value as a short text.
  public static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1e6 || size < 1e-3 {
      return String(format: "%.3g", value).replacing("e-0", with: "e-").replacing("e+0", with: "e+")
    }
    return String(format: size >= 1000 ? "%.0f" : "%.4g", value)
  }
}
