#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that only grows. Bytes are gathered and handed to the system by `flush`, or when there are many of them.
final class AppendingFile {
  let path: String
  /// The file's length, with the bytes that are gathered.
  private(set) var length: Int
  private let descriptor: Int32
  private let identity: (dev_t, ino_t)
  private var gathered: [UInt8] = []
  /// Nil where nobody asked for it.
  private var isHeld: Bool?
  private static let most = 1 << 20

  /// Makes a new file, which must not exist.
  convenience init(creating path: String) throws(TrackingError) {
    try self.init(path, flags: O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, keeping: nil)
  }

  /// Opens a file that exists and cuts it to a length.
  convenience init(continuing path: String, length: Int) throws(TrackingError) {
    try self.init(path, flags: O_WRONLY | O_APPEND | O_CLOEXEC, keeping: length)
  }

  private init(_ path: String, flags: Int32, keeping length: Int?) throws(TrackingError) {
    let file = open(path, flags, 0o666)
    guard file >= 0 else { throw systemError(path) }
    var info = stat()
    guard fstat(file, &info) == 0, length.map({ $0 == Int(info.st_size) || ftruncate(file, off_t($0)) == 0 }) ?? true else {
      let error = systemError(path)
      close(file)
      throw error
    }
    self.path = path
    self.length = length ?? 0
    descriptor = file
    identity = (info.st_dev, info.st_ino)
  }

  deinit { close(descriptor) }

  /// Marks the file as being written by this program for as long as it lives, for readers that ask with `FileLock.isHeld`. Where one asks at that very
  /// moment, the next `flush` does it.
  func hold() { isHeld = FileLock.hold(descriptor) }

  func append(_ bytes: [UInt8]) throws(TrackingError) {
    gathered += bytes
    length += bytes.count
    if gathered.count >= AppendingFile.most { try writeGathered() }
  }

  /// Hands what is gathered to the system, and makes sure that the file is still the one that `path` names.
  func flush() throws(TrackingError) {
    if isHeld == false { hold() }
    try writeGathered()
    var info = stat()
    guard stat(path, &info) == 0, info.st_dev == identity.0, info.st_ino == identity.1 else { throw .vanished(path: path) }
  }

  private func writeGathered() throws(TrackingError) {
    guard !gathered.isEmpty else { return }
    try writeAll(gathered, to: descriptor, path: path)
    gathered.removeAll(keepingCapacity: gathered.capacity <= 2 * AppendingFile.most)
  }
}

/// What the system's last error number says about a file.
func systemError(_ path: String) -> TrackingError {
  let number = errno
  if number == ENOSPC || number == EDQUOT { return .diskFull(path: path) }
  return .file(path: path, reason: String(cString: strerror(number)).lowercased())
}

/// Writes all bytes to an open file.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(TrackingError) {
  var offset = 0
  while offset < bytes.count {
    let count = bytes.withUnsafeBytes { all in
      let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
      #if canImport(Glibc)
        return Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        return Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
    }
    if count > 0 { offset += count } else if count < 0, errno != EINTR { throw systemError(path) }
  }
}
