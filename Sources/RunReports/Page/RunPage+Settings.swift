internal import Reports
internal import Tracking

extension RunPage {
  /// The settings side by side; where there are several runs, those that differ come first.
  var configurations: String {
    let flat = runs.map { RunPage.flattened($0.configuration) + RunPage.flattened($0.summary, prefix: "summary.") }
    let tables = flat.map { Dictionary($0, uniquingKeysWith: { first, _ in first }) }
    let names = Set(tables.flatMap(\.keys)).sorted()
    guard !names.isEmpty else { return "" }
    let differing = runs.count > 1 ? names.filter { name in Set(tables.map { $0[name] ?? "" }).count > 1 } : []
    let same = names.filter { !differing.contains($0) }
    var text = "<h2>Settings</h2>\n"
    if !differing.isEmpty { text += table(differing, tables) }
    if differing.isEmpty { return text + table(same, tables) }
    return text + "<details><summary>The same in all</summary>\n\(table(same, [tables[0]]))</details>\n"
  }

  private func table(_ names: [String], _ tables: [[String: String]]) -> String {
    var text = "<div class=\"scroll\"><table class=\"settings\">\n"
    if tables.count > 1 { text += "<tr><td></td>\(runs.indices.map { "<td>\(RunPage.swatch($0))</td>" }.joined())</tr>\n" }
    for name in names {
      let cells = tables.map { "<td>\(HTMLPage.escaped($0[name] ?? "–"))</td>" }.joined()
      text += "<tr><td>\(HTMLPage.escaped(name))</td>\(cells)</tr>\n"
    }
    return text + "</table></div>\n"
  }

  /// Nested settings under names joined with dots.
  static func flattened(_ values: [String: JSONValue], prefix: String = "") -> [(String, String)] {
    values.sorted { $0.key < $1.key }.flatMap { key, value -> [(String, String)] in
      switch value {
      case .object(let inner): flattened(inner, prefix: prefix + key + ".")
      case .string(let text): [(prefix + key, text)]
      case .number(let number): [(prefix + key, PlotScale.text(number))]
      default: [(prefix + key, value.text)]
      }
    }
  }
}
