/// How values are spread: bins of equal width from the smallest to the largest. Values that are not finite are left out and counted.
public struct Histogram: Sendable, Equatable {
  /// The smallest finite value; 0 where there is none.
  public let minimum: Double
  /// The largest.
  public let maximum: Double
  /// Finite values.
  public let count: Int
  /// Values that are infinite or not a number.
  public let excluded: Int
  /// Of the finite values.
  public let sum: Double
  /// Of the finite values' squares.
  public let sumOfSquares: Double
  /// Borders of the bins, rising, one more than bins.
  public let edges: [Double]
  /// Values in each bin: left border in, right border out, except for the last.
  public let counts: [Int]

  /// Counts values into bins.
  ///
  /// - Parameters:
  ///   - values: what is counted.
  ///   - bins: at least 1. Equal values all fall into the middle bin of a range one wide around them, as NumPy does it.
  public init(_ values: [Float], bins: Int = 64) {
    let bins = max(1, bins)
    var low = Double.infinity
    var high = -Double.infinity
    var sum = 0.0
    var squares = 0.0
    var finite = 0
    for value in values where value.isFinite {
      let value = Double(value)
      low = min(low, value)
      high = max(high, value)
      sum += value
      squares += value * value
      finite += 1
    }
    minimum = finite > 0 ? low : 0
    maximum = finite > 0 ? high : 0
    count = finite
    excluded = values.count - finite
    self.sum = sum
    sumOfSquares = squares
    let isFlat = !(maximum > minimum)
    let from = isFlat ? minimum - 0.5 : minimum
    let to = isFlat ? maximum + 0.5 : maximum
    let edges = (0...bins).map { $0 == bins ? to : from + (to - from) * Double($0) / Double(bins) }
    var counts = [Int](repeating: 0, count: bins)
    let scale = Double(bins) / (to - from)
    for value in values where value.isFinite {
      let value = Double(value)
      var bin = min(bins - 1, max(0, Int((value - from) * scale)))
      // Rounding may place a value on a border one bin off.
      if bin > 0, value < edges[bin] { bin -= 1 } else if bin < bins - 1, value >= edges[bin + 1] { bin += 1 }
      counts[bin] += 1
    }
    self.edges = edges
    self.counts = counts
  }
}
