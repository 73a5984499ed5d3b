import Foundation
import StyleNetworks

/// The styles that can be named: those that ship, and those in folders of one's own (`CLIPMORPH_STYLES`, separated by colons).
struct StyleLibrary {
  /// A style that cannot be found.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Names and files, sorted by name.
  let styles: [(name: String, path: String)]

  init() {
    var found: [String: String] = [:]
    for folder in StyleLibrary.folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names where name.hasSuffix(".safetensors") {
        let short = String(name.dropLast(".safetensors".count))
        if found[short] == nil { found[short] = folder + "/" + name }
      }
    }
    styles = found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The style that `text` names: a file, or a name of the library.
  func style(_ text: String) throws -> StyleFile {
    try StyleFile(contentsOf: path(text))
  }

  /// The file that `text` names.
  func path(_ text: String) throws(Problem) -> String {
    if let style = styles.first(where: { $0.name == text }) { return style.path }
    if FileManager.default.fileExists(atPath: text) { return text }
    if text.contains("/") || text.hasSuffix(".safetensors") || text.hasSuffix(".pth") {
      throw Problem(
        description: "there is no style file \(text); check the name, or see the styles that ship with: clipmorph styles")
    }
    let nearest = styles.map { ($0.name, distance($0.name, text)) }.min { $0.1 < $1.1 }
    if let nearest, nearest.1 <= max(2, text.count / 2) {
      throw Problem(description: "there is no style \(text); did you mean \(nearest.0)?")
    }
    throw Problem(description: "there is no style \(text); see what there is with: clipmorph styles")
  }

  /// Where styles are looked for, first to last.
  private static var folders: [String] {
    var folders = (ProcessInfo.processInfo.environment["CLIPMORPH_STYLES"] ?? "").split(separator: ":").map(String.init)
    // From the program's own place upwards: a clone's build folder lies within the clone, an installed program's styles beside it.
    var place = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath()
    for _ in 0..<6 {
      place.deleteLastPathComponent()
      folders.append(place.appendingPathComponent("Styles").path)
      folders.append(place.appendingPathComponent("share/clipmorph/styles").path)
    }
    return folders
  }
}

/// How many letters must change to make one word of another (Levenshtein).
private func distance(_ one: String, _ other: String) -> Int {
  let a = Array(one.lowercased())
  let b = Array(other.lowercased())
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let changed = min(row[j + 1] + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
      diagonal = row[j + 1]
      row[j + 1] = changed
    }
  }
  return row[b.count]
}
