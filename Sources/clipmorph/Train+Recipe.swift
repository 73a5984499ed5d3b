import Foundation
import Media
import StyleNetworks
import Training

extension Train {
  /// The file of the style to start from: the one that is named, or Starry Night's, which teaches strokes that another painting only has to change. What
  /// has the original's loss begins as the original system did.
  func start(of configuration: TrainingConfiguration) throws -> String? {
    let recipe = configuration.recipe
    if initialStyle == "none" || initialStyle == nil && resume && configuration.runBeganFromNothing { return nil }
    let tiers = (StyleTier(rawValue: recipe.name).map { [$0] } ?? []) + StyleTier.allCases
    let library = StyleLibrary()
    if let initialStyle { return try library.path(initialStyle, suits: tiers) }
    guard recipe.form == .relative, let path = try? library.path("starry-night", suits: tiers),
      let network = try? StyleFile(contentsOf: path).network, try recipe.taking(network) != nil
    else { return nil }
    return path
  }

  /// The recipe of a file, which is named where it cannot be used.
  private func fileRecipe() throws -> Recipe {
    let json = try readFile(recipe)
    do throws(TrainingError) {
      return try Recipe(json: json)
    } catch {
      guard case .invalidRecipe(let reason) = error else { throw error }
      throw TrainingError.invalidRecipe(reason: "\(recipe): \(reason)")
    }
  }

  /// The recipe with what the command line says otherwise.
  func adjustedRecipe() throws -> Recipe {
    var result: Recipe
    if let preset = Recipe.presets.first(where: { $0.name == recipe }) {
      result = preset
    } else if FileManager.default.fileExists(atPath: recipe) {
      result = try fileRecipe()
    } else {
      throw CommandProblem(
        message: "there is no recipe \(recipe); give original, balanced, fast or a JSON file", status: Failure.noInput)
    }
    if let iterations { result.iterations = iterations }
    if let size { result.photographs.size = size }
    if let batch { result.photographs.batch = batch }
    if let lossNetwork { result.lossNetwork = lossNetwork }
    if let learningRate { result.learningRate = learningRate }
    result.style.weight *= styleWeight
    result.tiles.weight *= styleWeight
    result.content.weight *= contentWeight
    result.totalVariation *= tvWeight
    result.temporal.weight *= temporalWeight
    try result.validate()
    return result
  }
}
