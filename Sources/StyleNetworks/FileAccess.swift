#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Whole files in and out.
enum FileAccess {
  /// More than the largest allowed network takes in f64.
  static let sizeLimit = 4 << 30

  /// The bytes of a regular file.
  static func read(_ path: String) throws(StyleNetworkError) -> [UInt8] {
    let size: Int
    do {
      let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      let attributes = try FileManager.default.attributesOfItem(atPath: resolved)
      // A device or a pipe may never end.
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        throw StyleNetworkError.unreadable(reason: "it is not a regular file")
      }
      size = (attributes[.size] as? UInt64).map { Int(clamping: $0) } ?? (attributes[.size] as? Int) ?? 0
    } catch let error as StyleNetworkError {
      throw .inFile(path: path, error)
    } catch {
      throw .inFile(path: path, .unreadable(reason: "it does not exist or may not be read"))
    }
    guard size <= sizeLimit else {
      throw .inFile(path: path, .unreadable(reason: "it has \(size) bytes, more than any network's weights"))
    }
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
    } catch {
      throw .inFile(path: path, .unreadable(reason: "it may not be read"))
    }
  }

  /// Writes beside the target and renames when whole.
  static func write(_ bytes: [UInt8], to path: String) throws(StyleNetworkError) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .inFile(path: path, .unwritable(reason: "its folder does not exist, may not be written to, or is full"))
    }
  }
}

/// Adds the path to an error about a file's content.
func inFile<T>(_ path: String, _ body: () throws(StyleNetworkError) -> T) throws(StyleNetworkError) -> T {
  do {
    return try body()
  } catch {
    throw .inFile(path: path, error)
  }
}
