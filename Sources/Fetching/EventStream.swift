internal import Foundation
internal import Synchronization

/// Runs blocking work on a thread of its own, off the cooperative pool, and gives its events as a stream. The work asks whether to stop.
func stream(
  until stop: @escaping @Sendable () -> Bool,
  _ work:
    @escaping @Sendable (
      _ emit: @escaping @Sendable (FetchEvent) -> Void, _ isStopped: @escaping @Sendable () -> Bool
    ) throws(FetchError) -> Void
) -> AsyncThrowingStream<FetchEvent, any Error> {
  AsyncThrowingStream(bufferingPolicy: .unbounded) { continuation in
    let cancelled = Flag()
    continuation.onTermination = { reason in
      if case .cancelled = reason { cancelled.raise() }
    }
    let thread = Thread {
      do {
        try work({ continuation.yield($0) }, { cancelled.isRaised || stop() })
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    thread.name = "clipmorph.fetch"
    thread.stackSize = 4 << 20
    thread.start()
  }
}

/// Something that happens once.
private final class Flag: Sendable {
  private let value = Mutex(false)
  var isRaised: Bool { value.withLock { $0 } }
  func raise() { value.withLock { $0 = true } }
}
