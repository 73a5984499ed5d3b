import Dispatch
import Foundation
import Media

/// Ctrl-C and SIGTERM: unfinished outputs are removed, then the program ends with 128 + the signal.
enum Signals {
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

  static func install() {
    // A reader that goes away early is an error of writing, not a silent end.
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        AtomicFile.discardAll {
          Terminal.clearLine()
          _exit(128 + number)
        }
      }
      source.resume()
      sources.append(source)
    }
  }
}
