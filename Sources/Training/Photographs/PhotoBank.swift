internal import Foundation
internal import StyleNetworks

/// The photographs below a folder, in an order that only the seed decides.
public struct PhotoBank: Sendable {
  /// Where they lie.
  public let folder: String
  /// Their paths within the folder, sorted.
  public let files: [String]

  private static let extensions: Set<String> = ["jpg", "jpeg", "jpe", "png", "webp", "tif", "tiff", "bmp", "gif"]

  /// Finds every file below a folder whose name ends like a picture's. Nothing is opened yet.
  /// `others` are folders that are left out where they lie inside; those of training runs, which hold previews, always are.
  ///
  /// - Throws: `TrainingError.noPhotographs` where there is no such folder or file.
  public init(folder: String, leavingOut others: [String] = []) throws(TrainingError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .noPhotographs(folder: folder, reason: "it is not a folder; give one with --photos")
    }
    // A link to a folder is that folder; enumerating it would find nothing.
    let base = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    let entries = FileManager.default.enumerator(atPath: base)
    var files: [String] = []
    var leftOut = others.compactMap { PhotoBank.path(of: $0, within: base) }
    while let path = entries?.nextObject() as? String {
      let name = path.split(separator: "/").last ?? ""
      if name == RunFolder.log { leftOut.append(String(path.dropLast(name.count))) }
      guard !name.hasPrefix("."), let dot = name.lastIndex(of: ".") else { continue }
      if PhotoBank.extensions.contains(name[name.index(after: dot)...].lowercased()) { files.append(path) }
    }
    // A bank that is itself a run's folder is what was asked for.
    files.removeAll { file in leftOut.contains { !$0.isEmpty && file.hasPrefix($0) } }
    guard !files.isEmpty else {
      throw .noPhotographs(folder: folder, reason: "no file in it is named like a picture (.jpg, .png, .webp, .tiff, .bmp)")
    }
    self.folder = folder
    self.files = files.sorted()
  }

  /// A folder's path within another, with a slash at its end; nil where it is not inside.
  private static func path(of folder: String, within base: String) -> String? {
    let whole = URL(fileURLWithPath: folder).standardizedFileURL.resolvingSymlinksInPath().path
    let start = base.hasSuffix("/") ? base : base + "/"
    return whole.hasPrefix(start) && whole != start ? String(whole.dropFirst(start.count)) + "/" : nil
  }

  /// The order of an epoch: a permutation of the files' indices by Fisher and Yates's shuffle.
  func order(epoch: Int, seed: UInt64) -> [Int] {
    var generator = SplitMix64(state: SeededValues.hash("order.\(seed).\(epoch)"))
    return Array(files.indices).shuffled(using: &generator)
  }
}

/// Why a file is not trained on.
public enum SkipReason: String, Sendable, Hashable, Codable, CaseIterable {
  /// It cannot be decoded, or is no still picture.
  case unreadable
  /// A side is shorter than 64 pixels.
  case tiny
  /// It has no colour.
  case grey
  /// It is more than 20 times as long as it is wide.
  case narrow
}
