import Testing
import Tracking

@Suite struct HistogramTests {
  @Test func `bins are of equal width and hold all finite values`() {
    let histogram = Histogram((0..<1000).map { Float($0) }, bins: 10)
    #expect(histogram.counts == [Int](repeating: 100, count: 9) + [100])
    #expect(histogram.edges.first == 0 && histogram.edges.last == 999 && histogram.edges.count == 11)
    #expect(histogram.sum == 499_500)
    #expect(histogram.sumOfSquares == 332_833_500)
  }

  @Test func `a value on a border belongs to the bin on its right, the largest to the last`() {
    #expect(Histogram([0, 1, 2, 3, 4], bins: 4).counts == [1, 1, 1, 2])
  }

  @Test func `what is not finite is left out and counted`() {
    let histogram = Histogram([.nan, 1, .infinity, 3, -.infinity], bins: 2)
    #expect(histogram.counts == [1, 1])
    #expect(histogram.excluded == 3)
    #expect(histogram.count == 2)
  }

  @Test func `equal values, one value, no value, extreme values`() {
    let equal = Histogram([5, 5, 5])
    #expect(equal.counts.reduce(0, +) == 3 && equal.counts.count == 64)
    #expect(equal.edges.first == 4.5 && equal.edges.last == 5.5)
    #expect(equal.minimum == 5 && equal.maximum == 5)
    let none = Histogram([.nan])
    #expect(none.count == 0 && none.minimum == 0 && none.counts.allSatisfy { $0 == 0 })
    let extreme = Histogram([-.greatestFiniteMagnitude, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
    #expect(extreme.counts.reduce(0, +) == 3)
    #expect(Histogram([0, .leastNonzeroMagnitude]).counts.reduce(0, +) == 2)
  }

  @Test(arguments: 0..<20) func `every value lies within its bin`(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    let values = (0..<500).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 + seed * 1000)
    }
    let histogram = Histogram(values, bins: 64)
    let expected = (0..<64).map { bin in
      let (left, right) = (histogram.edges[bin], histogram.edges[bin + 1])
      return values.count { left <= Double($0) && (Double($0) < right || bin == 63) }
    }
    #expect(histogram.counts == expected)
  }
}
