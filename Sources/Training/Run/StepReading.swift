internal import Torch

/// What a step has left on the device: its losses and the gradient's norm, read later, many steps at a time.
struct StepReading {
  /// The step's number, from 1.
  let step: Int
  private let terms: [LossTerm]
  /// The weights that held in it.
  private let recipe: Recipe
  private let learningRate: Double
  private let temporalShare: Double
  private let waited: Double
  /// [terms + 2]: every term, the total, the gradient's norm.
  private let packed: Tensor
  /// The same once they are read.
  private var values: [Double] = []

  init(
    step: Int, losses: Objective.Losses, gradientNorm: Tensor, recipe: Recipe, learningRate: Double, temporalShare: Double,
    waited: Double
  ) throws(TorchError) {
    self.step = step
    self.recipe = recipe
    self.learningRate = learningRate
    self.temporalShare = temporalShare
    self.waited = waited
    let found = LossTerm.allCases.compactMap { term in losses.terms[term].map { (term, $0) } }
    terms = found.map(\.0)
    packed = try withoutGradients { () throws(TorchError) in
      var parts: [Tensor] = []
      for scalar in found.map(\.1) + [losses.total, gradientNorm] {
        parts.append(try scalar.detached().reshaped([1]))
      }
      return try Tensor.cat(parts, dimension: 0)
    }
  }

  /// Reads those that are not read yet, all at once.
  ///
  /// - Throws: `TrainingError.diverged` at the first step with a value that is no number.
  static func read(_ readings: inout [StepReading], lastCheckpoint: String?) throws {
    let waiting = readings.indices.filter { readings[$0].values.isEmpty }
    guard !waiting.isEmpty else { return }
    var numbers = try Tensor.cat(waiting.map { readings[$0].packed }, dimension: 0).to(.float32).floats().map(Double.init)[...]
    for index in waiting {
      readings[index].values = Array(numbers.prefix(readings[index].terms.count + 2))
      numbers = numbers.dropFirst(readings[index].terms.count + 2)
      let reading = readings[index]
      guard let at = reading.values.firstIndex(where: { !$0.isFinite }) else { continue }
      let names = reading.terms.map { "the \($0.rawValue) loss" } + ["the loss", "the gradient"]
      throw TrainingError.diverged(step: reading.step, term: names[at], checkpoint: lastCheckpoint)
    }
  }

  /// What is told of the step; it must have been read.
  func progress() -> TrainingProgress {
    var losses: [String: Double] = [:]
    var weighted: [String: Double] = [:]
    for (term, value) in zip(terms, values) {
      losses[term.rawValue] = value
      weighted[term.rawValue] = value * recipe.weight(of: term, temporalShare: temporalShare)
    }
    return TrainingProgress(
      step: step, iterations: recipe.iterations, share: 0, losses: losses, weightedLosses: weighted,
      total: values[terms.count], learningRate: learningRate, gradientNorm: values[terms.count + 1], waited: waited,
      picturesPerSecond: 0, remaining: 0)
  }
}
