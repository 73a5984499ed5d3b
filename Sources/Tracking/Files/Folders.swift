internal import Foundation
internal import Media

/// Makes a folder with those above it.
func makeFolder(_ path: String) throws(TrackingError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw .file(path: path, reason: "the folder cannot be made; is a file in its place, or may it not be written to?")
  }
}

/// Writes a small file whole, in place of an earlier one.
func writeFile(_ bytes: [UInt8], to path: String) throws(TrackingError) {
  do {
    let file = try AtomicFile(target: path, replace: true)
    try file.write(bytes)
    try file.commit()
  } catch MediaError.diskFull {
    throw .diskFull(path: path)
  } catch {
    throw .file(path: path, reason: "it cannot be written")
  }
}

/// Copies a file, in place of an earlier one.
func copyFile(_ source: String, to target: String) throws(TrackingError) {
  do {
    try writeFile(try readFile(source), to: target)
  } catch let error as TrackingError {
    throw error
  } catch {
    throw .file(path: source, reason: "it cannot be read")
  }
}

/// A name that is a good file name everywhere: letters, digits, `-`, `_` and `.` of ASCII; others become `_`.
func fileName(_ name: String) -> String {
  let kept = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
  return kept.isEmpty || kept.allSatisfy({ $0 == "." }) ? "_" : kept
}

/// Reads a file from its beginning in pieces.
struct PieceReader {
  private let handle: FileHandle
  private let path: String

  init(_ path: String) throws(TrackingError) {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw .file(path: path, reason: "it cannot be read") }
    self.handle = handle
    self.path = path
  }

  /// So many bytes, or fewer at the end.
  func next(_ count: Int) throws(TrackingError) -> [UInt8] {
    do {
      return [UInt8](try handle.read(upToCount: count) ?? Data())
    } catch {
      throw .file(path: path, reason: "it cannot be read")
    }
  }
}
