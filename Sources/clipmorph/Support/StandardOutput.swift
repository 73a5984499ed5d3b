import Foundation
import Synchronization

/// Standard output, for what a program was asked for. What cannot be written there never ends the work: it is told at the end, by `check`.
enum StandardOutput {
  /// Why writing failed, once it has: a torn line is not gone on with.
  private static let failure = Mutex<Int32>(0)

  /// Writes text as it is.
  static func write(_ text: String) {
    failure.withLock { if $0 == 0 { $0 = write(Array(text.utf8), to: STDOUT_FILENO) } }
  }

  /// Writes text and ends the line.
  static func line(_ text: String) { write(text + "\n") }

  /// Writes an event as a line of JSON.
  static func json(_ event: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(event) else { return }
    line(String(decoding: bytes, as: UTF8.self))
  }

  /// Throws where something could not be written: nobody reads any more, the disk is full, there is no standard output.
  static func check() throws {
    let number = failure.withLock { $0 }
    guard number != 0 else { return }
    throw CommandProblem(
      message: "standard output cannot be written: \(String(cString: strerror(number)).lowercased())", status: Failure.inputOutput
    )
  }

  /// Writes all bytes to a descriptor and gives an error number, or 0. `FileHandle` would end the program where nobody reads any more.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest.removeFirst(count)
      } else if count < 0, errno == EAGAIN {
        // Whoever shares the terminal or the pipe has made it one that does not wait.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
      } else if count == 0 || errno != EINTR {
        return count == 0 ? EIO : errno
      }
    }
    return 0
  }

  /// Fills the places of standard streams that are closed: the next file to be opened, a painting perhaps, would else become one of them.
  static func reserve() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // Each opened the wrong way round, so that using it is still an error.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
