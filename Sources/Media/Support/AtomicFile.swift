internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An output in the making: written under a hidden name beside its target and renamed when whole, so that the target appears complete or not at
/// all.
public final class AtomicFile: Sendable {
  /// Where the result will stand.
  public let target: String
  /// Where it is written until then.
  public let temporary: String
  private let replace: Bool
  private let finished = Mutex(false)

  /// Reserves the temporary name by creating it. With `replace` false an existing target is refused now and once more at the end.
  public init(target: String, replace: Bool) throws(MediaError) {
    self.target = target
    self.replace = replace
    var info = stat()
    if stat(target, &info) == 0 {
      if info.st_mode & S_IFMT == S_IFDIR { throw MediaError.notWritable(path: target, reason: "it is a folder") }
      guard info.st_mode & S_IFMT == S_IFREG else {
        throw MediaError.notWritable(path: target, reason: "it is not a regular file")
      }
      if !replace { throw MediaError.exists(path: target) }
    } else if errno == ENAMETOOLONG {
      throw MediaError.notWritable(path: target, reason: String(cString: strerror(ENAMETOOLONG)).lowercased())
    }
    let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
    temporary = target[..<slash] + AtomicFile.temporaryName(for: target[slash...])
    let path = temporary
    // Created under the lock: a signal's clean-up sees it or comes before it.
    let failure = AtomicFile.unfinished.withLock { paths -> Int32 in
      let file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o666)
      guard file >= 0 else { return errno }
      close(file)
      paths.insert(path)
      return 0
    }
    if failure == ENOSPC { throw MediaError.diskFull(path: target) }
    if failure != 0 { throw MediaError.notWritable(path: target, reason: String(cString: strerror(failure)).lowercased()) }
  }

  deinit {
    discard()
  }

  /// Makes the result visible.
  public func commit() throws(MediaError) {
    var information = stat()
    if !replace, stat(target, &information) == 0 { throw MediaError.exists(path: target) }
    guard rename(temporary, target) == 0 else {
      throw MediaError.notWritable(path: target, reason: String(cString: strerror(errno)).lowercased())
    }
    finish()
  }

  /// Removes what was written. Does nothing after `commit`.
  public func discard() {
    if !finished.withLock({ $0 }) {
      unlink(temporary)
      finish()
    }
  }

  /// Writes all bytes to the temporary file.
  public func write(_ bytes: [UInt8]) throws(MediaError) {
    let file = open(temporary, O_WRONLY | O_TRUNC)
    guard file >= 0 else { throw MediaError.notWritable(path: target, reason: String(cString: strerror(errno)).lowercased()) }
    var offset = 0
    var failure: Int32 = 0
    while offset < bytes.count, failure == 0 {
      let count = bytes.withUnsafeBytes { all in
        let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
        #if canImport(Glibc)
          return Glibc.write(file, rest.baseAddress, rest.count)
        #else
          return Darwin.write(file, rest.baseAddress, rest.count)
        #endif
      }
      if count > 0 { offset += count } else if errno != EINTR { failure = errno }
    }
    if close(file) != 0, failure == 0 { failure = errno }
    if failure == ENOSPC { throw MediaError.diskFull(path: target) }
    if failure != 0 { throw MediaError.inputOutput(path: target, reason: String(cString: strerror(failure)).lowercased()) }
  }

  /// Removes the temporary files of all outputs in the making and lets no new one begin until `last` is done: for a program that ends on a signal.
  public static func discardAll(_ last: () -> Void = {}) {
    unfinished.withLock { paths in
      for path in paths { unlink(path) }
      last()
    }
  }

  /// The most bytes that a name in a folder has.
  private static let longestName = 255

  /// `.NAME.RANDOM.part`: what a killed program left is in nobody's way, where programs share a process number either. Of a long name the beginning is taken.
  private static func temporaryName(for name: Substring) -> String {
    let end = ".\(String(UInt64.random(in: 0 ... .max), radix: 36)).part"
    var begin = name
    while begin.utf8.count + end.utf8.count + 1 > longestName { begin.removeLast() }
    return ".\(begin)\(end)"
  }

  private func finish() {
    finished.withLock { $0 = true }
    AtomicFile.unfinished.withLock { _ = $0.remove(temporary) }
  }

  private static let unfinished = Mutex<Set<String>>([])
}
