internal import Foundation

/// How far a run is and how fast it learns there.
struct Schedule: Sendable {
  let recipe: Recipe
  /// Seconds; nil counts steps.
  let budget: Double?

  /// The share of the run that is done, 0…1.
  ///
  /// - Parameters:
  ///   - step: steps taken.
  ///   - elapsed: seconds since the run began, those before a resume included.
  func share(step: Int, elapsed: Double) -> Double {
    guard let budget else { return min(1, Double(step) / Double(recipe.iterations)) }
    return min(1, max(0, elapsed / budget))
  }

  /// Whether no further step fits.
  ///
  /// - Parameter longest: seconds of the longest recent step.
  func isOver(step: Int, elapsed: Double, longest: Double) -> Bool {
    guard let budget else { return step >= recipe.iterations }
    return elapsed + longest > budget
  }

  /// Adam's rate at a share of the run. One-cycle: up in a straight line over the first twentieth, then down as half a cosine (Smith & Topin
  /// 2018, "Super-Convergence"; cosine form of Loshchilov & Hutter 2016), and never below 1/300 of the highest.
  func rate(share: Double) -> Double {
    guard recipe.schedule == .oneCycle else { return recipe.learningRate }
    let shape = share < 0.05 ? share / 0.05 : 0.5 * (1 + cos(.pi * (share - 0.05) / 0.95))
    return recipe.learningRate * max(shape, 1.0 / 300)
  }

  /// Whether a share of the run lies in its last part, where other weights hold.
  func isFinishing(share: Double) -> Bool { recipe.finish.from < 1 && share >= recipe.finish.from }

  /// What the temporal terms' weights are multiplied by at a share of the run: they are added gradually (after Wang et al. 2020, "Consistent Video
  /// Style Transfer via Compound Regularization").
  func temporalShare(share: Double) -> Double {
    recipe.temporal.ramp > 0 ? min(1, share / recipe.temporal.ramp) : 1
  }
}
