import Foundation
import Media
import StyleNetworks
import Testing

@testable import Training

@Suite struct RecipeTests {
  @Test(arguments: Recipe.presets) func `presets are valid and survive JSON`(_ recipe: Recipe) throws {
    try recipe.validate()
    // The base's own name is a setting like any other.
    #expect(try Recipe(json: Array(recipe.json().utf8)) == recipe)
  }

  @Test func `the original's settings are the original's`() throws {
    let recipe = Recipe.original
    #expect(recipe.content == .init(weight: 1e5, tap: "relu2_2"))
    #expect(recipe.style.weight == 4e10)
    #expect(recipe.style.taps == ["relu1_2", "relu2_2", "relu3_3", "relu4_2"])
    #expect(recipe.totalVariation == 1e-6)
    #expect(recipe.temporal.weight == 1e3)
    #expect(recipe.temporal.noise == .sparse(share: 0.05, amplitude: 30))
    #expect(recipe.photographs == .init(size: 512, batch: 8, zoom: 1, vary: false))
    #expect(recipe.iterations == 10_000)
    #expect(recipe.learningRate == 1e-3)
    #expect(recipe.clip == 4)
    #expect(try recipe.architecture().parameterCount == 1_679_235)
  }

  @Test func `JSON names what differs from its base`() throws {
    let text =
      #"{"base": "fast", "name": "mine", "style": {"weight": 7}, "temporal": {"noise": {"sparse": {"share": 0.1, "amplitude": 3}}}}"#
    let recipe = try Recipe(json: Array(text.utf8))
    var expected = Recipe.fast
    expected.name = "mine"
    expected.style.weight = 7
    expected.temporal.noise = .sparse(share: 0.1, amplitude: 3)
    #expect(recipe == expected)
  }

  @Test(arguments: [
    (#"{"base": "slow"}"#, "base is slow"), (#"{"stile": 1}"#, "stile is no setting"), (#"{"style": {"wait": 1}}"#, "style.wait"),
    (#"{"style": {"weight": "much"}}"#, "style.weight"), ("[1]", "not a JSON object"), ("{", "not valid JSON"),
    (#"{"photographs": {"size": 30}}"#, "multiple of 4"), (#"{"learningRate": 0}"#, "learningRate"),
    (#"{"content": {"tap": "relu9_9"}}"#, "no layer relu9_9"), (#"{"network": {"widths": [1, 2, 3]}}"#, "two numbers"),
    (
      #"{"photographs": {"size": 16}, "style": {"scales": 1, "taps": ["relu1_1"]}, "regularity": 1}"#,
      "regularity needs photographs.size 32"
    ),
    (
      #"{"photographs": {"size": 16}, "style": {"scales": 1, "taps": ["relu1_1"]}, "finish": {"from": 1}, "palette": 0, "warmth": 0}"#,
      "tone needs photographs.size 32"
    ),
    (
      #"{"photographs": {"size": 16}, "style": {"scales": 1, "taps": ["relu1_1"]}, "finish": {"from": 1}, "tone": 0, "warmth": 0}"#,
      "palette needs photographs.size 32"
    ),
    (
      #"{"photographs": {"size": 16}, "style": {"scales": 1, "taps": ["relu1_1"]}, "finish": {"from": 1}, "tone": 0, "palette": 0, "warmth": 1}"#,
      "warmth needs photographs.size 32"
    ),
    (
      #"{"photographs": {"size": 32}, "style": {"scales": 1}, "structure": 1}"#, "structure needs photographs.size 36"
    ),
    (
      #"{"photographs": {"size": 84}, "coherence": 1}"#, "coherence needs photographs.size 88"
    ),
    (#"{"finish": {"from": 2}}"#, "finish.from must be 0 to 1"),
    (#"{"schedule": "cosine"}"#, "schedule is cosine; it must be constant or one-cycle"),
    (#"{"lossNetwork": "vgg16"}"#, "lossNetwork is vgg16; it must be vgg19, vgg19-slim, vgg19-normalised or combined"),
    (#"{"form": "mixed"}"#, "form is mixed; it must be absolute or relative"),
    (#"{"form": 1}"#, "form has a value of the wrong kind"),
    (#"{"temporal": {"noise": {"gaussian": {}}}}"#, "temporal.noise.gaussian has no deviation"),
    (#"{"temporal": {"noise": null}}"#, "temporal.noise has a value of the wrong kind"),
    (#"{"photographs": {"batch": 1e99}}"#, "photographs.batch has a number"),
    (#"{"photographs": {"batch": 1.5, "zoom": 2}}"#, "photographs.batch has a number"),
    (#"{"finish": {"from": 0.5, "tiles": -1}}"#, "a number of finish"),
    (#"{"finish": {"from": 0.5, "tap": "relu9_9"}}"#, "no layer relu9_9"),
    (#"{"photographs": {"size": 32}}"#, "too small for relu5_1 at 2 scales; give 64"),
  ]) func `what is wrong with a recipe is named`(text: String, words: String) {
    do {
      _ = try Recipe(json: Array(text.utf8))
      Issue.record("\(text) was accepted")
    } catch {
      #expect(error.description.contains(words), "\(error)")
    }
  }

  @Test func `the last part of a run has weights of its own`() throws {
    var recipe = Recipe.fast
    recipe.content = .init(weight: 3, tap: "relu4_1")
    recipe.tiles.weight = 5
    recipe.finish = .init(from: 0.6, tap: "relu3_2", content: 0.5, tiles: 2, regularity: 70, margin: 2)
    recipe.lossNetwork = .vgg19
    var expected = recipe
    expected.content = .init(weight: 1.5, tap: "relu3_2")
    expected.tiles.weight = 10
    expected.regularity = 70
    expected.temporal.margin = 2
    #expect(recipe.finished == expected)
    #expect(recipe.allTaps == recipe.taps + ["relu3_2"] && !recipe.taps.contains("relu3_2"))
    let schedule = Schedule(recipe: recipe, budget: nil)
    #expect(!schedule.isFinishing(share: 0.59) && schedule.isFinishing(share: 0.6) && schedule.isFinishing(share: 1))
    recipe.finish.from = 1
    #expect(recipe.finished == recipe && recipe.allTaps == recipe.taps)
    #expect(!Schedule(recipe: recipe, budget: nil).isFinishing(share: 1))
  }

  @Test func `every recipe of the styles that ship can be read`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Recipes")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
    let stages = try String(contentsOf: folder.appendingPathComponent("../Scripts/train_styles.sh"), encoding: .utf8)
    #expect(files.count > 50)
    for file in files {
      #expect(throws: Never.self, "\(file.lastPathComponent)") { try Recipe(json: Array(Data(contentsOf: file))) }
      #expect(stages.contains("Recipes/\(file.lastPathComponent):"), "\(file.lastPathComponent) belongs to no style")
    }
  }

  /// A preset that changes must not change what a style that ships was learnt by. A log lacks settings that there were none of yet.
  @Test func `recipes say what the logs of the styles that ship say`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let logs = try FileManager.default.contentsOfDirectory(
      at: root.appendingPathComponent("Styles/logs"), includingPropertiesForKeys: nil)
    var compared = 0
    for log in logs.sorted(by: { $0.path < $1.path }) {
      let name = log.deletingPathExtension().lastPathComponent
      let line = try Data(contentsOf: log).prefix { $0 != UInt8(ascii: "\n") }
      let run = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
      // The very first logs have steps alone.
      guard let learnt = (run["configuration"] as? [String: Any])?["recipe"] as? [String: Any] else { continue }
      // A first stage's recipe may have no number.
      let files = [name, String(name.dropLast(2))].map { root.appendingPathComponent("Recipes/\($0).json") }
      let file = try #require(files.first { FileManager.default.fileExists(atPath: $0.path) }, "\(name) has no recipe")
      let text = try Recipe(json: Array(Data(contentsOf: file))).json()
      let said = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
      let (one, other) = (settings(learnt), settings(said))
      // A finish that begins at the end changes nothing.
      let isUnfinished = one["finish.from"] == AnyHashable(1.0) && other["finish.from"] == AnyHashable(1.0)
      for (setting, value) in one where !["iterations", "name"].contains(setting) {
        if isUnfinished, setting.hasPrefix("finish.") { continue }
        compared += 1
        let wanted = try #require(other[setting], "\(name): \(setting)")
        // Two thirds of it from another style.
        let factors = setting == "learningRate" ? [1, 2.0 / 3] : [1]
        let isSame =
          if let value = value as? Double, let wanted = wanted as? Double {
            factors.contains { abs(wanted * $0 - value) <= 1e-9 * abs(value) }
          } else {
            value == wanted
          }
        #expect(isSame, "\(name): \(setting) is \(wanted), and was \(value)")
      }
    }
    #expect(compared > 1_000)
  }

  /// The settings of a recipe's JSON by their paths.
  private func settings(_ json: [String: Any], at path: String = "") -> [String: AnyHashable] {
    json.reduce(into: [:]) { result, entry in
      if let inner = entry.value as? [String: Any] {
        result.merge(settings(inner, at: path + entry.key + ".")) { one, _ in one }
      } else if let value = entry.value as? any Hashable {
        result[path + entry.key] = (value as? Double).map(AnyHashable.init) ?? AnyHashable(value)
      }
    }
  }

  @Test func `combined takes early layers from the true network and deep ones from the distilled one`() throws {
    let parts = try LossNetworkChoice.combined.parts(taps: ["relu1_1", "relu4_1", "relu3_1", "relu5_1", "relu1_1"])
    #expect(parts.map(\.description.name) == ["vgg19-normalised", "vgg19-slim"])
    #expect(parts.map(\.taps) == [["relu1_1", "relu3_1"], ["relu4_1", "relu5_1"]])
  }

  @Test func `the one-cycle rate rises, falls, and ends low`() {
    let schedule = Schedule(recipe: .balanced, budget: nil)
    let rates = (0...100).map { schedule.rate(share: Double($0) / 100) }
    #expect(rates[5] == Recipe.balanced.learningRate)
    #expect(rates.max() == rates[5])
    #expect(zip(rates[5...], rates[6...]).allSatisfy { $0 >= $1 })
    #expect(rates[100] == Recipe.balanced.learningRate / 300)
    #expect(Schedule(recipe: .original, budget: nil).rate(share: 0.7) == 1e-3)
  }

  @Test func `a time budget counts seconds, otherwise steps count`() {
    let timed = Schedule(recipe: .balanced, budget: 100)
    #expect(timed.share(step: 7, elapsed: 25) == 0.25)
    #expect(!timed.isOver(step: 7, elapsed: 95, longest: 4))
    #expect(timed.isOver(step: 7, elapsed: 97, longest: 4))
    let counted = Schedule(recipe: .balanced, budget: nil)
    let steps = Recipe.balanced.iterations
    #expect(counted.share(step: steps / 4, elapsed: 1e6) == 0.25)
    #expect(counted.isOver(step: steps, elapsed: 0, longest: 0))
    #expect(!counted.isOver(step: steps - 1, elapsed: 1e9, longest: 9))
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func `SHA-256 gives the digests of FIPS 180`(text: String, digest: String) throws {
    #expect(try SHA256.digest(Array(text.utf8)) == digest)
  }

  @Test func `SHA-256 of a million letters`() throws {
    #expect(
      try SHA256.digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
