import Foundation
import StyleNetworks
import Stylization

/// A style as a user names it: one file, or several that are blended.
struct StyleReference: Hashable {
  /// One of them.
  struct Part: Hashable {
    /// As the user wrote it.
    var name: String
    var path: String
    var share: Double
  }

  var parts: [Part]

  /// What tells one network from another.
  var key: String { parts.map { "\($0.path):\($0.share)" }.joined(separator: ",") }

  /// The styles' files.
  var files: [String] { parts.map(\.path) }

  /// Reads the files and blends them.
  func read() throws -> StyleFile {
    guard let first = parts.first, parts.count > 1 else { return try StyleFile(contentsOf: parts.first?.path ?? "") }
    let files = try parts.map { try StyleFile(contentsOf: $0.path) }
    let network = try StyleNetwork.blend(zip(files, parts).map { ($0.network, $1.share) })
    /// What all cards say, or each in turn.
    func joined(_ value: (StyleCard) -> String?) -> String? {
      var known: [String] = []
      for text in files.compactMap({ value($0.card) }) where !known.contains(text) { known.append(text) }
      return known.isEmpty ? nil : known.joined(separator: "; ")
    }
    let total = parts.reduce(0) { $0 + $1.share }
    let shares = parts.map { "\($0.name) \(String(format: "%.3g", $0.share / total))" }.joined(separator: ", ")
    var card = StyleCard(name: StyleReference.label(of: parts.map(\.name)) ?? first.name)
    card.title = joined(\.title)
    card.artist = joined(\.artist)
    card.recipe = ["blend": shares]
    card.license = joined(\.license)
    card.photographsLicense = joined(\.photographsLicense)
    card.source = joined(\.source)
    card.attribution = joined(\.attribution)
    if files.contains(where: { $0.card.strain != nil }) {
      card.strain = zip(files, parts).reduce(0) { $0 + ($1.0.card.strain ?? StylizationOptions.usualStrain) * $1.1.share / total }
    }
    return StyleFile(network: network, card: card)
  }

  /// A name for files: `a:0.6,b.safetensors:0.4` becomes `a+b`, a single style its own.
  static func label(_ text: String) -> String {
    let named = FileManager.default.fileExists(atPath: text) ? [text] : (try? pieces(of: text))?.map(\.name)
    return label(of: named ?? [text]) ?? text
  }

  private static func label(of names: [String]) -> String? {
    let short = names.map { name in
      let last = name.split(separator: "/").last.map(String.init) ?? name
      return last.hasSuffix(".safetensors") ? String(last.dropLast(".safetensors".count)) : last
    }
    return short.isEmpty ? nil : short.joined(separator: "+")
  }

  /// `NAME[:SHARE],…` taken apart. A part with a colon that is itself a file has no share.
  static func pieces(of text: String) throws(StyleLibrary.Problem) -> [(name: String, share: Double)] {
    var pieces: [(name: String, share: Double)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      guard !FileManager.default.fileExists(atPath: part), let colon = part.lastIndex(of: ":") else {
        pieces.append((part, 1))
        continue
      }
      let (name, share) = (String(part[..<colon]), String(part[part.index(after: colon)...]))
      guard let value = Double(share), value >= 0, value <= 1e6 else {
        // A path of its own may have a colon, and not be there.
        if share.contains("/") || share.hasSuffix(".safetensors") {
          pieces.append((part, 1))
          continue
        }
        throw StyleLibrary.Problem(
          description: "the share \(share) of style \(name) is not a number of 0 or more, as in a:0.6,b:0.4")
      }
      pieces.append((name, value))
    }
    if pieces.contains(where: { $0.name.isEmpty }) {
      throw StyleLibrary.Problem(description: "a style's name is missing in \(text); write a blend as a:0.6,b:0.4")
    }
    guard pieces.contains(where: { $0.share > 0 }) else {
      throw StyleLibrary.Problem(description: "every style in \(text) has the share 0; give one of them more")
    }
    return pieces
  }
}

extension StyleLibrary {
  /// The style or the blend that `text` names.
  ///
  /// - Parameters:
  ///   - tier: which of the styles' networks; nil takes the first of `suits` that all of them have, and that has the network of the files that are named with them.
  ///   - suits: the tiers that suit the job, best first.
  func reference(
    _ text: String, tier: StyleTier? = nil, suits: [StyleTier] = StyleTier.forPictures
  ) throws(Problem) -> StyleReference {
    let isWhole = FileManager.default.fileExists(atPath: text) || styles.contains { $0.name == text }
    guard !isWhole, text.contains(where: { ",:".contains($0) }) else {
      return StyleReference(parts: [.init(name: text, path: try path(text, tier: tier, suits: suits), share: 1)])
    }
    let pieces = try StyleReference.pieces(of: text)
    let entries = pieces.compactMap { piece in styles.first { $0.name == piece.name } }
    let common = suits.filter { tier in entries.allSatisfy { $0.files[tier] != nil } }
    if tier == nil, !entries.isEmpty, common.isEmpty {
      let tiers = entries.map { "\($0.name) has \($0.tiers.map(\.rawValue).joined(separator: " and "))" }
      throw Problem(description: "the styles cannot be blended: no tier is common to them (\(tiers.joined(separator: ", ")))")
    }
    // A file has one network, which those of the library are to fit.
    let file = pieces.first { piece in !entries.contains { $0.name == piece.name } }
    let network = file.flatMap { try? StyleFile(contentsOf: $0.name).network.architecture }
    let fitting = common.filter { tier in
      entries.allSatisfy { entry in
        network == nil || entry.files[tier].flatMap { try? StyleFile(contentsOf: $0).network.architecture } == network
      }
    }
    var parts: [StyleReference.Part] = []
    for piece in pieces {
      let isNamed = entries.contains { $0.name == piece.name }
      let path = try path(piece.name, tier: isNamed ? tier : nil, suits: isNamed ? (fitting.isEmpty ? common : fitting) : suits)
      parts.append(.init(name: piece.name, path: path, share: piece.share))
    }
    return StyleReference(parts: parts)
  }
}
