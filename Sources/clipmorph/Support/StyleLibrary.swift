import Foundation
import StyleNetworks

/// The styles that can be named: those that ship, and those in folders of one's own (`CLIPMORPH_STYLES`, separated by colons).
struct StyleLibrary {
  /// A style that cannot be found.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// A style: its name and its networks' files. `NAME.TIER.safetensors` is one of several, `NAME.safetensors` the balanced one.
  struct Entry {
    var name: String
    var files: [StyleTier: String]

    /// Its tiers, largest first.
    var tiers: [StyleTier] { StyleTier.allCases.filter { files[$0] != nil } }
  }

  /// Sorted by name.
  let styles: [Entry]

  init() {
    var found: [String: Entry] = [:]
    for folder in StyleLibrary.folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names where name.hasSuffix(".safetensors") {
        let parts = StyleLibrary.parts(of: name)
        if found[parts.name]?.files[parts.tier] == nil {
          found[parts.name, default: Entry(name: parts.name, files: [:])].files[parts.tier] = folder + "/" + name
        }
      }
    }
    styles = found.values.sorted { $0.name < $1.name }
  }

  /// A file's name taken apart.
  private static func parts(of file: String) -> (name: String, tier: StyleTier) {
    let short = String(file.dropLast(".safetensors".count))
    if let dot = short.lastIndex(of: "."), let tier = StyleTier(rawValue: String(short[short.index(after: dot)...])) {
      return (String(short[..<dot]), tier)
    }
    return (short, .balanced)
  }

  /// The style that `text` names: a file, a name of the library, or several of them; see `reference`.
  func style(_ text: String, tier: StyleTier? = nil) throws -> StyleFile {
    try reference(text, tier: tier).read()
  }

  /// The file that `text` names.
  ///
  /// - Parameters:
  ///   - tier: which of the style's networks; nil takes the first of `suits` that there is.
  ///   - suits: the tiers that suit the job, best first.
  func path(_ text: String, tier: StyleTier? = nil, suits: [StyleTier] = StyleTier.forPictures) throws(Problem) -> String {
    if let style = styles.first(where: { $0.name == text }) {
      guard let tier else { return suits.lazy.compactMap { style.files[$0] }.first ?? text }
      if let file = style.files[tier] { return file }
      throw Problem(
        description: "\(text) has no network \(tier.rawValue); there is \(style.tiers.map(\.rawValue).joined(separator: " and "))"
      )
    }
    if tier != nil, FileManager.default.fileExists(atPath: text) {
      throw Problem(description: "\(text) is a file with one network; leave --tier out, or give a style's name")
    }
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
