import Foundation
import StyleNetworks

/// All styles, a line each, as columns.
struct StyleTable {
  let text: String

  /// Scores that have a column, in this order; others are on the card.
  private static let scores = ["style", "style_tiles", "content", "period4"]

  /// Cards are those of the tier, or of the network that is taken for pictures. A file that cannot be read is said on standard error.
  init(_ library: StyleLibrary, tier: StyleTier? = nil) {
    var rows: [[String]] = []
    var measured: Set<String> = []
    var scores: [[String: Double]] = []
    for style in library.styles where tier.map({ style.files[$0] != nil }) ?? true {
      do {
        let card = try library.style(style.name, tier: tier).card
        let tiers = style.tiers.map(\.rawValue).joined(separator: ", ")
        rows.append([style.name, tiers, card.title ?? "", card.artist ?? "", card.year ?? ""])
        scores.append(card.scores ?? [:])
        measured.formUnion((card.scores ?? [:]).keys)
      } catch {
        Terminal.say("warning: \(error)")
      }
    }
    let columns = StyleTable.scores.filter { measured.contains($0) }
    let head = ["NAME", "TIERS", "TITLE", "ARTIST", "YEAR"] + columns.map { $0.replacing("_", with: " ").uppercased() }
    let lines =
      [head] + zip(rows, scores).map { row, scores in row.map(\.printable) + columns.map { StyleTable.number(scores[$0]) } }
    // A column without anything in it is left out, but for the first two.
    let shown = head.indices.filter { column in column < 2 || lines.dropFirst().contains { !$0[column].isEmpty } }
    let widths = shown.map { column in lines.map { $0[column].count }.max() ?? 0 }
    text = lines.map { line in
      zip(shown, widths).map { line[$0].padded(to: $1) }.joined(separator: "  ").trimmingSuffix(" ") + "\n"
    }.joined()
  }

  private static func number(_ value: Double?) -> String {
    value.map { String(format: abs($0) < 0.01 ? "%.2g" : "%.3f", $0) } ?? ""
  }
}

/// All that a style says about itself.
struct StyleCardText {
  let text: String

  init(_ name: String, tier: StyleTier?, library: StyleLibrary) throws {
    let reference = try library.reference(name, tier: tier)
    let file = try reference.read()
    let (card, network) = (file.card, file.network)
    let architecture = network.architecture
    let types = Set(network.weights.values.map(\.type.rawValue)).sorted().joined(separator: ", ").lowercased()
    var rows: [(String, String?)] = [
      ("name", card.name), ("title", card.title), ("artist", card.artist), ("year", card.year), ("source", card.source),
      ("attribution", card.attribution), ("licence", card.license), ("photographs", card.photographsLicense),
      ("network", "\(architecture.family), \(architecture.parameterCount) parameters in \(types)"),
      ("work per pixel", "\(Int(architecture.multiplyAddsPerPixel)) multiply-adds"),
    ]
    for part in reference.parts { rows.append(("file", StyleCardText.file(part.path))) }
    if let entry = library.styles.first(where: { $0.name == name }) {
      for tier in entry.tiers {
        guard let path = entry.files[tier], path != reference.parts.first?.path else { continue }
        rows.append(("also \(tier.rawValue)", StyleCardText.file(path)))
      }
    }
    rows.append(("strain", card.strain.map { "\($0)" }))
    rows.append(("sample", file.sample.map { "\($0.width)x\($0.height), \($0.jpeg.count) bytes" }))
    rows += (card.recipe ?? [:]).sorted { $0.key < $1.key }.map { ("recipe \($0.key)", $0.value) }
    rows += (card.scores ?? [:]).sorted { $0.key < $1.key }.map { ("score \($0.key)", "\($0.value)") }
    let width = max(15, rows.map(\.0.count).max() ?? 0)
    text = rows.compactMap { label, value in value.map { label.printable.padded(to: width) + " " + $0.printable + "\n" } }
      .joined()
  }

  private static func file(_ path: String) -> String {
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue
    return path + (size.map { ", \(($0 + 512) / 1024) KiB" } ?? "")
  }
}

extension String {
  /// What a file says, without what would steer a terminal.
  fileprivate var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self
    while text.last == character { text.removeLast() }
    return text
  }
}
