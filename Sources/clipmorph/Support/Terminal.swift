import Foundation

/// Standard error, for people.
enum Terminal {
  /// Whether a person watches.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// A message, on a line of its own.
  static func say(_ message: String) {
    clearLine()
    write("clipmorph: \(message.split(separator: "\n").joined(separator: " "))\n")
  }

  /// Writes text as it is. What nobody can be told is dropped: the work counts more.
  static func write(_ text: String) {
    _ = StandardOutput.write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Removes a progress bar.
  static func clearLine() {
    if isInteractive { write("\r\u{1B}[K") }
  }

  /// Columns.
  static var width: Int { width(of: STDERR_FILENO) }

  /// Whether a person looks at standard output.
  static let outputIsInteractive = isatty(STDOUT_FILENO) == 1

  /// Columns of standard output.
  static var outputWidth: Int { width(of: STDOUT_FILENO) }

  private static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
