internal import Foundation
internal import Synchronization

/// Runs synchronous work on a thread of its own and gives its events as a stream. The work asks whether it was cancelled.
func stream(
  _ work:
    @escaping @Sendable (
      _ emit: @escaping @Sendable (StylizationEvent) -> Void, _ isCancelled: @escaping @Sendable () -> Bool
    ) throws -> Void
) -> AsyncThrowingStream<StylizationEvent, any Error> {
  AsyncThrowingStream(bufferingPolicy: .unbounded) { continuation in
    let cancelled = Flag()
    continuation.onTermination = { reason in
      if case .cancelled = reason { cancelled.raise() }
    }
    startThread("clipmorph.network") {
      do {
        try work({ continuation.yield($0) }, { cancelled.isRaised })
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
  }
}

/// Starts a thread. Work that blocks must stay off the cooperative pool, whose threads are as few as the processor's cores.
func startThread(_ name: String, _ work: @escaping @Sendable () -> Void) {
  let thread = Thread(block: work)
  thread.name = name
  thread.stackSize = 8 << 20
  thread.start()
}

/// Something that happens once.
final class Flag: Sendable {
  private let value = Mutex(false)
  /// Whether it has happened.
  var isRaised: Bool { value.withLock { $0 } }
  /// It happens.
  func raise() { value.withLock { $0 = true } }
}
