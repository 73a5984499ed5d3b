import StyleNetworks
import Testing

@Suite struct BlendTests {
  static func network(_ seed: UInt64, blocks: Int = 1) throws -> StyleNetwork {
    try .random(architecture: .original(widths: (4, 5, 6), blocks: blocks), seed: seed)
  }

  @Test func `every weight is the weighted mean`() throws {
    let (one, other) = (try Self.network(1), try Self.network(2))
    // Shares need not add up to one.
    let blend = try StyleNetwork.blend([(one, 3), (other, 1)])
    #expect(blend.architecture == one.architecture)
    for (name, tensor) in blend.weights {
      let (a, b) = (try #require(one.weights[name]).floats(), try #require(other.weights[name]).floats())
      for (value, (x, y)) in zip(tensor.floats(), zip(a, b)) { #expect(value == Float(0.75 * Double(x) + 0.25 * Double(y))) }
    }
  }

  @Test func `a share of nothing is nothing`() throws {
    let (one, other) = (try Self.network(1), try Self.network(2))
    #expect(try StyleNetwork.blend([(one, 0.3), (other, 0)]) == one)
    #expect(try StyleNetwork.blend([(one, 7)]) == one)
    #expect(try StyleNetwork.blend([(one, 1), (one, 1)]) == one)
    let half = try StyleNetwork.blend([(one.converted(to: .f16), 1), (one.converted(to: .f16), 1)])
    #expect(half.weights.values.allSatisfy { $0.type == .f32 })
  }

  @Test func `other networks are refused`() throws {
    let (one, larger) = (try Self.network(1), try Self.network(1, blocks: 2))
    #expect(
      message { _ = try StyleNetwork.blend([(one, 1), (larger, 1)]) }.contains("cannot be blended: one is 'original' with"))
    for shares in [[0.0, 0], [1, -1], [.nan, 1], [.infinity, 1]] {
      #expect(message { _ = try StyleNetwork.blend([(one, shares[0]), (one, shares[1])]) }.contains("shares are 0 or more"))
    }
    #expect(message { _ = try StyleNetwork.blend([]) }.contains("no network"))
  }
}
