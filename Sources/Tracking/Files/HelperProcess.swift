internal import CChildProcess
internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A program that works beside this one. It does not survive this one's end, and Ctrl-C in the terminal does not reach it.
final class HelperProcess {
  /// How it has ended: its exit status, or 128 and the signal; nil while it runs.
  private(set) var status: Int32?
  private let number: pid_t

  /// Starts a program; what it says goes to the end of a file. Must be used on one thread, with whose end the program ends.
  init(_ path: String, _ arguments: [String], environment: [String: String], output: String) throws(TrackingError) {
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    let started = clipmorph_start_helper(path, &words, &variables, output)
    // Never kept where it is no process: to waitpid and kill, -1 means all that there are.
    guard started > 1 else { throw systemError(path) }
    number = started
  }

  deinit { end() }

  /// Whether it still runs.
  var isRunning: Bool {
    guard status == nil else { return false }
    var code: Int32 = 0
    let result = waitpid(number, &code, WNOHANG)
    if result == number {
      // As WIFEXITED, WEXITSTATUS and WTERMSIG.
      status = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + (code & 0x7F)
    } else if result < 0, errno != EINTR {
      status = 127
    }
    return status == nil
  }

  /// Waits for its end, for so many seconds at most, or until it is told to stop; false where that was too short.
  func wait(seconds: Double, until isStopped: () -> Bool = { false }) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while isRunning {
      guard Date() < deadline, !isStopped() else { return false }
      usleep(50_000)
    }
    return true
  }

  /// Ends it: with SIGTERM, and where that does not help within two seconds, with SIGKILL.
  func end() {
    guard isRunning else { return }
    kill(number, SIGTERM)
    if !wait(seconds: 2) {
      kill(number, SIGKILL)
      _ = wait(seconds: 2)
    }
  }

  /// The file of a program that the variable PATH finds.
  static func find(_ name: String, environment: [String: String]) -> String? {
    (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 && !isFolder($0) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
