internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The system's text for an error number.
func reason(_ number: Int32) -> String {
  String(cString: strerror(number)).lowercased()
}

/// Calls of the file system that fetching needs.
enum Disk {
  /// Bytes that may still be written where `folder` lies; nil where the system does not say.
  static func available(_ folder: String) -> Int64? {
    var information = statvfs()
    guard statvfs(folder, &information) == 0 else { return nil }
    let (bytes, overflow) = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return overflow ? nil : Int64(clamping: bytes)
  }

  /// Refuses where `needed` bytes more do not fit.
  static func require(_ needed: Int64, in folder: String, for path: String) throws(FetchError) {
    if let available = available(folder), available < needed {
      throw .noRoom(path: path, needed: needed, available: available)
    }
  }

  /// A regular file's size; nil where there is none.
  static func size(_ path: String) -> Int64? {
    var information = stat()
    guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(information.st_size)
  }

  /// Makes a folder with all above it; gives those that were not there, outermost first.
  @discardableResult
  static func makeFolder(_ path: String) throws(FetchError) -> [String] {
    var missing: [String] = []
    var place = path
    var information = stat()
    while !place.isEmpty, place != "/", place != ".", stat(place, &information) != 0 {
      missing.append(place)
      place = folder(of: place)
    }
    for place in missing.reversed() where mkdir(place, 0o777) != 0 && errno != EEXIST {
      let failure = errno
      if failure == ENOSPC { throw .diskFull(path: place, kept: 0) }
      throw .file(path: place, reason: "the folder cannot be made (\(reason(failure))); choose another place with --to")
    }
    guard stat(path.isEmpty ? "." : path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw .file(path: path, reason: "it is not a folder; choose another place with --to")
    }
    return missing.reversed()
  }

  /// The folder in which a file lies.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Writes all bytes; 0, or the error's number.
  static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let count = Glibc.write(file, part.baseAddress, part.count)
      #else
        let count = Darwin.write(file, part.baseAddress, part.count)
      #endif
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return count == 0 ? EIO : errno }
    }
    return 0
  }

  /// Takes the lock on an open file; false where another run has it.
  static func lock(_ file: Int32) -> Bool {
    flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }
}
