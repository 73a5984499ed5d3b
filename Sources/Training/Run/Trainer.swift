internal import Foundation
internal import Synchronization
internal import Torch

/// Learns a style: one painting, a folder of photographs, one style file.
public struct Trainer: Sendable {
  /// What to learn.
  public let configuration: TrainingConfiguration

  /// A trainer; nothing is opened yet.
  public init(_ configuration: TrainingConfiguration) {
    self.configuration = configuration
  }

  /// Starts the work on a thread of its own. The stream ends after `finished`, or with a `TrainingError`, `MediaError` or `StyleNetworkError`.
  ///
  /// - Parameter shouldStop: asked before each step; true writes a checkpoint and ends the run without a style file. Ending the iteration does
  ///   the same.
  public func run(
    until shouldStop: @escaping @Sendable () -> Bool = { false }
  ) -> AsyncThrowingStream<TrainingEvent, any Error> {
    AsyncThrowingStream(bufferingPolicy: .unbounded) { continuation in
      let flag = CancellationFlag()
      continuation.onTermination = { reason in
        if case .cancelled = reason { flag.raise() }
      }
      let configuration = configuration
      startThread("clipmorph.training") {
        do {
          let run = try TrainingRun(configuration, emit: { continuation.yield($0) })
          try run.run { flag.isRaised || shouldStop() }
          continuation.finish()
        } catch let error as TorchError {
          continuation.finish(throwing: error.isOutOfMemory ? TrainingError.outOfMemory : .torch(reason: error.description))
        } catch {
          continuation.finish(throwing: error)
        }
      }
    }
  }
}

/// Something that happens once.
private final class CancellationFlag: Sendable {
  private let value = Mutex(false)
  var isRaised: Bool { value.withLock { $0 } }
  func raise() { value.withLock { $0 = true } }
}
