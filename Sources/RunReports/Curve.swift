/// A number over the steps of a run.
public struct Curve: Sendable, Equatable {
  /// A value.
  public struct Point: Sendable, Equatable {
    /// Steps taken.
    public var step: Int
    /// The number then.
    public var value: Double

    /// A value.
    public init(step: Int, value: Double) {
      self.step = step
      self.value = value
    }
  }

  /// Finite values by rising step.
  public let points: [Point]

  /// A curve of the points that are finite.
  public init(points: [Point]) {
    self.points = points.filter(\.value.isFinite)
  }

  /// Means over a window around each point, a fiftieth of the curve wide. It is narrower towards the beginning, where losses fall steeply; at the
  /// end, which tells how a run is doing, it ends with the curve.
  public var smoothed: Curve {
    let half = points.count / 100
    guard half > 0 else { return self }
    var sums = [0.0]
    for point in points { sums.append((sums.last ?? 0) + point.value) }
    return Curve(
      points: points.indices.map { index in
        let first = index - min(half, index)
        let last = min(index + min(half, index), points.count - 1)
        return Point(step: points[index].step, value: (sums[last + 1] - sums[first]) / Double(last + 1 - first))
      })
  }

  /// At most about so many points that look the same: of each stretch the first, the least, the largest and the last.
  public func thinned(to count: Int) -> Curve {
    let stretch = points.count / max(1, count / 4) + 1
    guard points.count > count, stretch > 4 else { return self }
    var kept: [Point] = []
    for start in Swift.stride(from: 0, to: points.count, by: stretch) {
      let part = points[start..<min(points.count, start + stretch)]
      guard let first = part.indices.first, let last = part.indices.last,
        let least = part.indices.min(by: { part[$0].value < part[$1].value }),
        let most = part.indices.max(by: { part[$0].value < part[$1].value })
      else { continue }
      for index in Set([first, least, most, last]).sorted() { kept.append(points[index]) }
    }
    return Curve(points: kept)
  }

  /// Whether the curve is better seen in logarithms: all values are above 0 and they spread over more than a factor of twenty.
  public var spreadsWidely: Bool {
    guard let low = points.lazy.map(\.value).min(), let high = points.lazy.map(\.value).max(), low > 0 else { return false }
    return high / low > 20
  }
}
