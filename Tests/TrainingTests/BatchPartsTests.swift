import StyleNetworks
import Testing
import Torch

@testable import Training

/// Batches taken in parts where memory ends.
@Suite(.serialized) struct BatchPartsTests {
  /// Losses of four photographs, whose tries with more than `most` break off as LibTorch's do.
  private struct Run {
    var module: StyleModule
    var parts = BatchParts()
    var halvings: [Int] = []
    var tries = 0
    var losses: Objective.Losses

    init(most: Int, recipe: Recipe, objective: Objective, photographs: Tensor, disturbance: TemporalLoss.Disturbance?) throws {
      let module = try StyleModule(
        StyleNetwork.random(
          architecture: .original(widths: (4, 6, 8), blocks: 1).inUnitRange, seed: 5), precision: .float64)
      self.module = module
      var parts = BatchParts()
      var halvings: [Int] = []
      var tries = 0
      losses = try parts.backward(
        photographs, disturbance,
        clear: { () throws(TorchError) in for leaf in module.leaves { try leaf.clearGradient() } },
        losses: { (some, disturbance) throws(TorchError) in
          tries += 1
          let found = try objective.losses(of: module, on: some, disturbance: disturbance, batch: 4)
          guard try some.shape()[0] <= most else {
            // What was added before the end must not stay.
            try found.total.backward()
            throw TorchError.failed(call: "conv2d", reason: "CUDA out of memory. Tried to allocate 2.00 GiB.")
          }
          return found
        }, halved: { halvings.append($0) })
      (self.parts, self.halvings, self.tries) = (parts, halvings, tries)
    }

    func gradients() throws -> [Float] { try module.leaves.flatMap { try $0.gradient()?.to(.float32).floats() ?? [] } }
  }

  private static func photographs() throws -> Tensor {
    try Tensor(copying: SeededValues.uniform(count: 4 * 3 * 48 * 48, seed: 9), shape: [4, 3, 48, 48], type: .float32).to(.float64)
  }

  private static func objective(_ recipe: Recipe) throws -> Objective {
    var parts: [(encoder: Encoder, taps: [String])] = []
    for (description, taps) in try recipe.lossNetwork.parts(taps: recipe.taps) {
      let encoder = try Encoder(
        description, taps: taps, weights: seededWeights(description, upTo: taps), device: .cpu, precision: .float64,
        channelsLast: false)
      parts.append((encoder, taps))
    }
    let artwork = try Tensor(copying: SeededValues.uniform(count: 3 * 48 * 64, seed: 4), shape: [1, 3, 48, 64], type: .float32)
    return try Objective(recipe, lossNetwork: LossNetwork(parts: parts), artwork: artwork.to(.float64))
  }

  /// The absolute form, whose terms are means over photographs or sums.
  private static var recipe: Recipe {
    var recipe = Recipe.original
    recipe.temporal.noise = .gaussian(deviation: 0.01)
    // The first layers are quick.
    recipe.content.tap = "relu1_2"
    recipe.style.taps = ["relu1_2", "relu2_1"]
    recipe.regularity = 100
    recipe.structure = 1
    recipe.tone = 1
    recipe.warmth = 1
    recipe.palette = 1
    return recipe
  }

  @Test(arguments: [(2, [2], 2), (1, [2, 1], 4)]) func `parts have the whole batch's losses and gradients`(
    _ most: Int, _ halvings: [Int], _ count: Int
  ) throws {
    try Runtime.setThreads(1)
    let recipe = Self.recipe
    let objective = try Self.objective(recipe)
    let photographs = try Self.photographs()
    var disturbance = try #require(
      try recipe.temporal.disturbance(shape: [4, 3, 48, 48], seed: 1, step: 0, device: .cpu))
    disturbance.noise = try disturbance.noise.to(.float64)
    let whole = try Run(most: 4, recipe: recipe, objective: objective, photographs: photographs, disturbance: disturbance)
    let inParts = try Run(most: most, recipe: recipe, objective: objective, photographs: photographs, disturbance: disturbance)
    #expect(whole.parts.count == 1 && whole.halvings.isEmpty && whole.tries == 1)
    #expect(inParts.parts.count == count && inParts.halvings == halvings)
    #expect(inParts.losses.terms.keys == whole.losses.terms.keys)
    #expect(
      Set([LossTerm.totalVariation, .regularity, .structure, .tone, .warmth, .palette]).isSubset(of: whole.losses.terms.keys))
    for (term, loss) in whole.losses.terms {
      let (expected, found) = try (loss.item(), #require(inParts.losses.terms[term]).item())
      #expect(abs(found - expected) <= 1e-9 * abs(expected), "\(term): \(found), whole \(expected)")
    }
    let (expected, found) = try (whole.losses.total.item(), inParts.losses.total.item())
    #expect(abs(found - expected) <= 1e-9 * expected)
    let (one, other) = try (whole.gradients(), inParts.gradients())
    #expect(one.count == whole.module.architecture.parameterCount && one.count == other.count)
    let length = one.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let distance = zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    #expect(length > 0 && distance <= 1e-5 * length, "\(distance) of \(length)")
  }

  @Test func `one photograph that is too large is an error`() throws {
    let objective = try Self.objective(Self.recipe)
    #expect {
      try Run(most: 0, recipe: Self.recipe, objective: objective, photographs: Self.photographs(), disturbance: nil)
    } throws: { ($0 as? TorchError)?.isOutOfMemory == true }
  }
}

extension Architecture {
  /// Taking and giving values in 0…1.
  fileprivate var inUnitRange: Architecture {
    var result = self
    result.input = .unit
    result.output = .unit
    return result
  }
}
