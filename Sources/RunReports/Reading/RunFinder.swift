internal import Foundation

/// Finds runs.
public enum RunFinder {
  /// The folders of runs in a folder or below it, sorted; the folder itself where it is one. Hidden folders and links are left out.
  ///
  /// - Throws: `RunReportError` where there is no such folder, or nothing in it.
  public static func runs(in folder: String) throws(RunReportError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { throw .missing(path: folder) }
    guard isFolder.boolValue else { return [folder] }
    var found: [String] = []
    look(folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder, depth: 0, &found)
    guard !found.isEmpty else { throw .noRuns(folder: folder) }
    return found
  }

  private static let deepest = 6

  private static func look(_ folder: String, depth: Int, _ found: inout [String]) {
    let manager = FileManager.default
    let names = ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    if names.contains("tracking.jsonl") || names.contains("log.jsonl") {
      found.append(folder)
      return
    }
    guard depth < deepest else { return }
    for name in names where !name.hasPrefix(".") {
      let path = folder == "." ? name : "\(folder)/\(name)"
      guard let type = try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType, type == .typeDirectory else {
        continue
      }
      look(path, depth: depth + 1, &found)
    }
  }
}
