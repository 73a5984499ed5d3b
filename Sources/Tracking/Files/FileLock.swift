#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A lock that tells whether a file's writer lives: the system takes it away with the program, however that ends.
public enum FileLock {
  /// Whether a program that lives holds the file at this path.
  public static func isHeld(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    guard flock(file, LOCK_SH | LOCK_NB) != 0 else { return false }
    return errno == EWOULDBLOCK
  }

  /// Takes the lock for as long as the descriptor is open; false where somebody has it just now. Where the file system has none, the file counts as not
  /// held.
  static func hold(_ descriptor: Int32) -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK }
}
