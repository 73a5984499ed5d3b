import StyleNetworks
import Testing

@Suite struct DenseTests {
  /// Blurring and the 3x3 kernel after it are the mean of what a resize-convolution computes for the four places that a feature may have in its grid.
  @Test func `blurring is the mean of the four phases`() throws {
    let compact = try StyleNetwork.random(architecture: .compact(widths: (4, 6), blocks: 1), seed: 9)
    let dense = try #require(try compact.dense())
    let blur = try #require(dense.weights["up1.blur.weight"])
    #expect(blur.shape == [6, 1, 5, 5])
    #expect(dense.weights["up1.blur.bias"]?.floats() == [Float](repeating: 0, count: 6))
    let taps = Array(blur.floats()[..<25])
    #expect(blur.floats() == (0..<6).flatMap { _ in taps })
    for k in 0..<9 {
      // What a kernel that is 1 at tap k and 0 elsewhere takes of the features -3…3 rows and columns away.
      var found = [Float](repeating: 0, count: 49)
      for row in 0..<5 {
        for column in 0..<5 { found[(row + k / 3) * 7 + column + k % 3] += taps[row * 5 + column] }
      }
      var mean = [Float](repeating: 0, count: 49)
      for phase in 0..<4 {
        for position in 0..<9 {
          // A feature at an even place has its neighbours two before and after it; one at an odd place lies one after its cell's first.
          let row = 2 * (position / 3 - 1) - phase / 2
          let column = 2 * (position % 3 - 1) - phase % 2
          mean[(row + 3) * 7 + column + 3] += ResizeConvolution.phases[k * 36 + phase * 9 + position] / 4
        }
      }
      #expect(zip(found, mean).allSatisfy { abs($0 - $1) <= 1e-7 }, "tap \(k)")
    }
  }

  @Test func `all other weights stay`() throws {
    let compact = try StyleNetwork.random(architecture: .compact(widths: (4, 6), blocks: 2), seed: 9)
    let dense = try #require(try compact.dense())
    #expect(dense.architecture == .dense(widths: (4, 6), blocks: 2))
    for (name, tensor) in compact.weights { #expect(dense.weights[name] == tensor, "\(name)") }
    // f16 stays f16 in what there was.
    let half = try #require(try compact.converted(to: .f16).dense())
    #expect(half.weights["up1.conv2d.weight"]?.type == .f16)
  }

  @Test func `only compact networks become dense`() throws {
    #expect(try StyleNetwork.identity().dense() == nil)
    #expect(try StyleNetwork.random(architecture: .original(widths: (3, 5, 6), blocks: 1), seed: 1).dense() == nil)
    let dense = try #require(try StyleNetwork.random(architecture: .compact(widths: (4, 6), blocks: 1), seed: 1).dense())
    #expect(try dense.dense() == nil)
    var other = Architecture.compact(widths: (4, 6), blocks: 1)
    other.layers.append(.sigmoid)
    #expect(try StyleNetwork.random(architecture: other, seed: 1).dense() == nil)
  }
}
