import ArgumentParser
import StyleNetworks

struct Styles: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the styles, or show one's card.",
    discussion: """
      EXAMPLES
        clipmorph styles
        clipmorph styles starry-night

      Folders in CLIPMORPH_STYLES (separated by colons) are looked into as well.
      """)

  @Argument(help: "A style's name or file.")
  var name: String?

  @Option(help: "Which of its networks: original, balanced, fast.")
  var tier: StyleTier?

  func run() throws {
    let library = StyleLibrary()
    if let name {
      show(try library.style(name, tier: tier))
      return
    }
    for style in library.styles {
      do {
        let card = try library.style(style.name).card
        let painting = [card.title, card.artist, card.year].compactMap(\.self).joined(separator: ", ")
        let tiers = style.tiers.map(\.rawValue).joined(separator: ", ")
        print(style.name.padding(to: 24) + tiers.padding(to: 16) + painting)
      } catch {
        Terminal.say("warning: \(error)")
      }
    }
  }

  private func show(_ file: StyleFile) {
    let card = file.card
    let architecture = file.network.architecture
    let rows: [(String, String?)] = [
      ("name", card.name), ("title", card.title), ("artist", card.artist), ("year", card.year), ("source", card.source),
      ("attribution", card.attribution), ("licence", card.license), ("photographs", card.photographsLicense),
      ("network", "\(architecture.family), \(architecture.parameterCount) parameters"),
      ("work per pixel", "\(Int(architecture.multiplyAddsPerPixel)) multiply-adds"),
    ]
    for (label, value) in rows { if let value { print(label.padding(to: 16) + value) } }
    for (key, value) in (card.recipe ?? [:]).sorted(by: { $0.key < $1.key }) {
      print("recipe \(key)".padding(to: 16) + " " + value)
    }
    for (key, value) in (card.scores ?? [:]).sorted(by: { $0.key < $1.key }) {
      print("score \(key)".padding(to: 16) + " \(value)")
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
