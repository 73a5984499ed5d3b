import Dispatch
import Foundation
import Media
import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal (SIGHUP): unfinished outputs are removed, then the program ends with 128 + the signal.
enum Signals {
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []
  private static let folders = Mutex<[String]>([])
  private static let waiting = Mutex<(defers: Bool, signal: Int32?)>((false, nil))

  /// From now on the first signal only is noted in `deferred`, for work that ends well by itself; the second ends the program as ever.
  static func deferFirst() {
    waiting.withLock { $0.defers = true }
  }

  /// The signal that was noted.
  static var deferred: Int32? { waiting.withLock { $0.signal } }

  /// A folder for work alone, which a signal that ends the program takes with it.
  static func removeAtEnd(_ folder: String) { folders.withLock { $0.append(folder) } }

  static func install() {
    // A reader that goes away early is an error of writing, not a silent end.
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number, SIG_IGN)
      // Begun by nohup: goes on when the terminal closes.
      if number == SIGHUP, isIgnoring(before) { continue }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        let noted = waiting.withLock { state in
          // A terminal that closes says so more than once; that is not a person who insists.
          guard state.defers, state.signal == nil || number == SIGHUP else { return false }
          if state.signal == nil { state.signal = number }
          return true
        }
        guard !noted else { return }
        AtomicFile.discardAll {
          for folder in folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
          Terminal.clearLine()
          _exit(128 + number)
        }
      }
      source.resume()
      sources.append(source)
    }
  }

  private static func isIgnoring(_ handler: sighandler_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
