internal import Foundation

extension Recipe {
  /// The setting of the original system (iSach/clipmorph): Adam 1e-3, batch 8, 512 px, 10,000 steps, weights 1e5 (content at relu2_2), 4e10 (style
  /// at relu1_2, relu2_2, relu3_3, relu4_2), 1e-6 (sum of total variation), 1e3 (temporal: whole numbers of ±30 on 5 % of the values), gradient
  /// norm 4. Its Gram matrices are divided by C H W; total variation and the temporal term are in VGG's normalised units.
  public static let original = Recipe(
    name: "original", network: Network(family: "original", widths: [32, 64, 128], blocks: 5), lossNetwork: .vgg19,
    form: .absolute,
    content: Content(weight: 1e5, tap: "relu2_2"), structure: 0, tone: 0, warmth: 0, palette: 0,
    style: Style(weight: 4e10, taps: ["relu1_2", "relu2_2", "relu3_3", "relu4_2"], size: 512, scales: 1, centre: true),
    tiles: Tiles(weight: 0, count: 1, taps: []), totalVariation: 1e-6, lattice: 0, regularity: 0, coherence: 0, range: 0,
    temporal: Temporal(
      weight: 1e3, features: 0, noise: .sparse(share: 0.05, amplitude: 30), motion: .none, light: 0, relaxed: false, margin: 0,
      every: 1, ramp: 0),
    finish: .none, photographs: Photographs(size: 512, batch: 8, zoom: 1, vary: false), iterations: 10_000, learningRate: 1e-3,
    schedule: .constant,
    clip: 4)

  /// A network of a fifth of the original's arithmetic on a grid of two pixels, relative distances, style on tiles: made for training and painting on
  /// a CPU.
  public static let balanced = Recipe(
    name: "balanced", network: Network(family: "dense", widths: [16, 32], blocks: 5), lossNetwork: .combined,
    form: .relative,
    content: Content(weight: 2, tap: "relu4_1"), structure: 0, tone: 2, warmth: 1, palette: 2,
    style: Style(weight: 20, taps: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], size: 720, scales: 2, centre: false),
    tiles: Tiles(weight: 4, count: 3, taps: ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]), totalVariation: 0.3, lattice: 150,
    regularity: 0, coherence: 0, range: 20,
    temporal: Temporal(
      weight: 700, features: 0, noise: .gaussian(deviation: 0.006),
      motion: Temporal.Motion(shift: 8, zoom: 0.03, rotation: 2, warp: 1.5), light: 0.1, relaxed: true, margin: 24, every: 1,
      ramp: 0.2),
    finish: Finish(from: 0.5, tap: "relu3_1", content: 1, tiles: 2, regularity: 200, margin: 2),
    photographs: Photographs(size: 384, batch: 2, zoom: 1.5, vary: true), iterations: 1_500, learningRate: 3e-3,
    schedule: .oneCycle, clip: 4)

  /// The same weights on a grid of four pixels, for less than a third of `balanced`'s arithmetic, learnt the same way.
  public static let fast: Recipe = {
    var recipe = balanced
    recipe.name = "fast"
    recipe.network.family = "compact"
    return recipe
  }()

  /// The recipes that are known by name.
  public static let presets = [original, balanced, fast]

  /// A recipe out of JSON: `{"base": "balanced", …}` with the settings that differ from the base.
  ///
  /// - Throws: `TrainingError.invalidRecipe` for JSON that cannot be read, an unknown setting, or one out of its range.
  public init(json: [UInt8]) throws(TrainingError) {
    let recipe: Recipe
    do {
      guard var changes = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
        throw TrainingError.invalidRecipe(reason: "it is not a JSON object")
      }
      let base = changes.removeValue(forKey: "base") as? String ?? "balanced"
      guard let preset = Recipe.presets.first(where: { $0.name == base }) else {
        throw TrainingError.invalidRecipe(reason: "base is \(base); it must be original, balanced or fast")
      }
      let whole = try JSONSerialization.jsonObject(with: JSONEncoder().encode(preset)) as? [String: Any] ?? [:]
      let merged = try Recipe.merge(changes, into: whole, at: "")
      for (setting, words) in Recipe.words {
        guard let word = merged[setting] as? String, !words.contains(word) else { continue }
        throw TrainingError.invalidRecipe(
          reason: "\(setting) is \(word); it must be \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")")
      }
      do {
        recipe = try Recipe.decoded(merged)
      } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
        // Foundation does not tell which number.
        let setting = Recipe.settings(of: changes, at: []).first { setting in
          (try? Recipe.decoded(Recipe.merge(setting.alone, into: whole, at: ""))) == nil
        }
        let place = setting.map { $0.path.joined(separator: ".") } ?? "one of its settings"
        throw TrainingError.invalidRecipe(reason: "\(place) has a number that is too large, or broken where it must be whole")
      }
    } catch let error as TrainingError {
      throw error
    } catch let error as DecodingError {
      throw .invalidRecipe(reason: Recipe.reason(error))
    } catch {
      throw .invalidRecipe(reason: "it is not valid JSON")
    }
    try recipe.validate()
    self = recipe
  }

  private static func decoded(_ settings: [String: Any]) throws -> Recipe {
    try JSONDecoder().decode(Recipe.self, from: JSONSerialization.data(withJSONObject: settings))
  }

  /// The settings in JSON, each with its path and as JSON that has it alone.
  private static func settings(of json: [String: Any], at path: [String]) -> [(path: [String], alone: [String: Any])] {
    json.flatMap { key, value -> [(path: [String], alone: [String: Any])] in
      if let inner = value as? [String: Any] { return settings(of: inner, at: path + [key]) }
      return [(path + [key], path.reversed().reduce([key: value]) { [$1: $0] })]
    }
  }

  /// What is wrong with a setting.
  private static func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(place(context)) has a value of the wrong kind"
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
    case .dataCorrupted(let context): return "\(place(context)) has a value that it cannot have"
    @unknown default: return "one of its settings has a value of the wrong kind"
    }
  }

  /// Settings that are one of a few words.
  private static let words = [
    ("lossNetwork", LossNetworkChoice.allCases.map(\.rawValue)), ("form", Form.allCases.map(\.rawValue)),
    ("schedule", Schedule.allCases.map(\.rawValue)),
  ]

  /// The recipe as JSON, keys sorted.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private static func merge(_ changes: [String: Any], into base: [String: Any], at path: String) throws(TrainingError) -> [String:
    Any]
  {
    var result = base
    for (key, value) in changes {
      guard let old = base[key] else { throw .invalidRecipe(reason: "\(path + key) is no setting") }
      if let old = old as? [String: Any], let new = value as? [String: Any], key != "noise" {
        result[key] = try merge(new, into: old, at: path + key + ".")
      } else {
        result[key] = value
      }
    }
    return result
  }
}
