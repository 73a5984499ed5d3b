internal import Foundation
internal import StyleNetworks

extension StyleCard {
  /// What is known of a style that a run has learnt.
  init(_ configuration: TrainingConfiguration, identity: RunIdentity, steps: Int) {
    var facts = [
      "name": identity.recipe.name, "settings": identity.recipe.json(), "steps": String(steps), "seed": String(identity.seed),
      "precision": identity.precision, "stroke_size": String(identity.strokeSize), "painting_sha256": identity.painting,
      "photographs": String(identity.photographs),
    ]
    facts["crop"] = identity.crop.map { "\($0.width)x\($0.height)+\($0.x)+\($0.y)" }
    facts["init_sha256"] = identity.initialStyle
    self.init(
      name: URL(fileURLWithPath: configuration.output).deletingPathExtension().lastPathComponent, title: configuration.title,
      artist: configuration.artist, year: configuration.year, recipe: facts, license: configuration.license,
      photographsLicense: configuration.photographsLicense, source: configuration.source)
  }
}
