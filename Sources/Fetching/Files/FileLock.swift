#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The lock on a file that one run at a time may work on; it ends with this object, and with the program.
final class FileLock {
  private let file: Int32

  /// Takes over an open file that is locked already.
  init(holding file: Int32) {
    self.file = file
  }

  /// Locks a file that exists.
  init(_ path: String) throws(FetchError) {
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .file(path: path, reason: reason(errno)) }
    guard Disk.lock(file) else {
      close(file)
      throw .locked(path: path)
    }
  }

  deinit {
    close(file)
  }
}
