import Foundation
import StyleNetworks
import Testing
import Torch

@testable import Training

@Suite struct CoherenceLossTests {
  /// Waves, [1, 3, 128, 320]: downwards to the right, or upwards where `isAcross` says so.
  ///
  /// - Parameters:
  ///   - length: from crest to crest along either axis, pixels.
  ///   - contrast: red's, green's and blue's.
  private static func strokes(
    length: Float = 12, contrast: [Float] = [0.2, 0.2, 0.2], isAcross: (_ x: Int, _ y: Int) -> Bool = { _, _ in false }
  ) throws -> Tensor {
    var values: [Float] = []
    for contrast in contrast {
      for y in 0..<128 {
        for x in 0..<320 { values.append(0.5 + contrast * sin(2 * .pi * Float(isAcross(x, y) ? x - y : x + y) / length)) }
      }
    }
    return try Tensor(copying: values, shape: [1, 3, 128, 320], type: .float32)
  }

  private static func isWoven(_ x: Int, _ y: Int) -> Bool { (x / 8 + y / 8) % 2 == 0 }

  private static func loss(_ painting: Tensor, _ photograph: Tensor) throws -> Double {
    try CoherenceLoss.of(painting, photograph, CoherenceLoss.coherence(strokes())).item()
  }

  @Test func `strokes of one way are coherent, as far as areas reach`() throws {
    for coherence in try CoherenceLoss.coherence(Self.strokes()) { #expect(try coherence.item() > 0.99) }
    // Halves of a picture are coherent by themselves.
    for coherence in try CoherenceLoss.coherence(Self.strokes { x, _ in x < 160 }) { #expect(try coherence.item() > 0.8) }
    for coherence in try CoherenceLoss.coherence(Self.strokes(isAcross: Self.isWoven)) {
      #expect(try coherence.item() < 0.3)
    }
  }

  @Test func `a weave on what is even costs much, strokes of either way or none nothing`() throws {
    let even = try Self.strokes(contrast: [0, 0, 0])
    #expect(try Self.loss(Self.strokes(isAcross: Self.isWoven), even) > 0.4)
    #expect(try Self.loss(Self.strokes(), even) < 1e-3)
    #expect(try Self.loss(Self.strokes { _, _ in true }, even) < 1e-3)
    #expect(try Self.loss(Self.strokes { x, _ in x < 160 }, even) < 0.1)
    #expect(try Self.loss(even, even) < 1e-3)
  }

  @Test func `more of one way than the artwork's costs nothing`() throws {
    let woven = try CoherenceLoss.coherence(Self.strokes(isAcross: Self.isWoven))
    #expect(try CoherenceLoss.of(Self.strokes(), Self.strokes(contrast: [0, 0, 0]), woven).item() == 0)
  }

  @Test func `neither strokes across in another colour nor a fine hatching count for direction`() throws {
    let even = try Self.strokes(contrast: [0, 0, 0])
    let one = try Self.strokes(contrast: [0.1, 0.1, 0.1])
    // Of one luminance.
    let across = try Self.strokes(contrast: [0.3 * 0.0722 / 0.2126, 0, -0.3]) { _, _ in true }
    let both = try one.plus(across).scaled(by: 1, offset: -0.5)
    #expect(try Self.loss(one, even) < 1e-3)
    #expect(try Self.loss(both, even) > 0.05)
    let weave = try Self.strokes(contrast: [0.1, 0.1, 0.1], isAcross: Self.isWoven)
    // In areas of two pixels its gradients are six times the weave's.
    let hatched = try weave.plus(Self.strokes(length: 6, contrast: [0.3, 0.3, 0.3])).scaled(by: 1, offset: -0.5)
    let loss = try Self.loss(hatched, even)
    #expect(loss > 0.1, "\(loss)")
  }

  @Test func `where the photograph has edges it does not matter`() throws {
    let weave = try Self.strokes { x, y in x < 160 && Self.isWoven(x, y) }
    let even = try Self.strokes(contrast: [0, 0, 0])
    // Edges where the weave is, and nothing beside; not every eight pixels, which has no gradient between every second area of four.
    var plane: [Float] = []
    for _ in 0..<128 { plane += (0..<320).map { $0 < 160 ? Float($0 / 10 % 2) : 0.5 } }
    let photograph = try Tensor(copying: plane + plane + plane, shape: [1, 3, 128, 320], type: .float32)
    let (there, beside) = (try Self.loss(weave, even), try Self.loss(weave, photograph))
    #expect(there > 0.15 && beside < there / 10, "\(there), \(beside)")
  }

  @Test func `the loss and its gradient equal PyTorch's`() throws {
    try Runtime.setThreads(1)
    let file = try SafetensorsFile(contentsOf: LossGoldenTests.goldens)
    func picture(_ name: String, width: Int = 160, batch: Int = 1) throws -> Tensor {
      try goldenPicture("coherence.\(name)", 160, width: width, batch: batch).to(.float64)
    }
    let painting = try picture("painting", batch: 2).scaled(by: 0.1, offset: 0.4)
    try painting.setRequiresGradient()
    // Even at the left, with edges at the right.
    let contrasts = try Tensor(copying: (0..<160).map { 0.2 * Float($0) / 159 }, shape: [1, 1, 1, 160], type: .float32).to(
      .float64)
    let photographs = try picture("photographs", batch: 2).times(contrasts)
    let waves = (0..<3 * 160 * 176).map { index -> Float in
      let (row, column) = (index / 176 % 160, index % 176)
      return Float(0.5 + 0.4 * sin(Double(row + column) / 3))
    }
    let artwork = try picture("artwork", width: 176).plus(
      Tensor(copying: waves, shape: [1, 3, 160, 176], type: .float32).to(.float64))
    let loss = try CoherenceLoss.of(painting, photographs, CoherenceLoss.coherence(artwork))
    let expected = try double(file["coherence.loss"])[0]
    #expect(expected > 0.01)
    #expect(abs(try loss.item() - expected) <= 1e-6 * expected)
    try loss.backward()
    let all = try #require(try painting.gradient()).to(.float32).floats()
    let found = stride(from: 0, to: all.count, by: 37).map { all[$0] }
    let gradient = try #require(file["coherence.gradient"]).floats()
    #expect(found.count == gradient.count && length(gradient) > 0)
    #expect(distance(found, gradient) <= 1e-5 * length(gradient), "\(distance(found, gradient) / length(gradient))")
  }
}
