/// What can go wrong while a style is learnt.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A recipe's setting is out of its range, or its JSON cannot be read.
  case invalidRecipe(reason: String)
  /// A loss network's weights are in none of the folders.
  case missingWeights(network: String, file: String, folders: [String])
  /// A loss network's file does not hold its weights.
  case unusableWeights(path: String, reason: String)
  /// The folder of photographs holds none, or none that can be used.
  case noPhotographs(folder: String, reason: String)
  /// The painting cannot be used.
  case unusablePainting(path: String, reason: String)
  /// The run folder holds a run already, or none to resume, or one of other settings.
  case runFolder(path: String, reason: String)
  /// A loss or a gradient is infinite or not a number.
  case diverged(step: Int, term: String, checkpoint: String?)
  /// The time was over before the first step.
  case noTime(budget: Double)
  /// A file of the run could not be written or read.
  case file(path: String, reason: String)
  /// There is not enough memory for one photograph at a time.
  case outOfMemory
  /// LibTorch refused a step.
  case torch(reason: String)

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .invalidRecipe(let reason): "the recipe cannot be used: \(reason)"
    case .missingWeights(let network, let file, let folders):
      "the weights of \(network) (\(file)) are in none of \(folders.joined(separator: ", ")); get them with clipmorph fetch \(network), put"
        + " the file there, name its folder in CLIPMORPH_WEIGHTS, or choose another with --loss-network"
    case .unusableWeights(let path, let reason): "\(path) cannot serve as a loss network: \(reason)"
    case .noPhotographs(let folder, let reason): "\(folder) has no photographs to learn from: \(reason)"
    case .unusablePainting(let path, let reason): "the painting \(path) cannot be used: \(reason)"
    case .runFolder(let path, let reason): "the run folder \(path) \(reason)"
    case .diverged(let step, let term, let checkpoint):
      "\(term) is not finite at step \(step), so the run stopped; "
        + (checkpoint.map { "the last good state is kept in \($0): lower the learning rate and continue with --resume" }
          ?? "lower the learning rate or the weights and start again")
    case .noTime(let budget):
      "the time budget of \(Int(budget)) seconds was over before the first step, because loading took longer; give more with --time-budget"
    case .file(let path, let reason): "\(path): \(reason)"
    case .outOfMemory:
      "memory ran out, even with one photograph at a time; take smaller ones with --size, or a smaller network with --recipe fast"
    case .torch(let reason): reason
    }
  }
}
