internal import Foundation
internal import Imaging

/// Decodes photographs ahead of their use on threads of its own, and hands them out in the bank's order, whichever thread is done first.
///
/// A picture's place in the order of all epochs is one number, its position: that is all that a checkpoint keeps.
final class PhotoLoader: @unchecked Sendable {
  private let bank: PhotoBank
  private let decoder: PhotoDecoder
  private let capacity: Int
  private let condition = NSCondition()
  // All below is used under the condition's lock.
  private var taken: Int
  private var delivered: Int
  private var ready: [Int: (file: Int, result: PhotoDecoder.Result)] = [:]
  private var orders: [Int: [Int]] = [:]
  private var bad: [Int: SkipReason] = [:]
  private var stopped = false

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - position: where to go on.
  ///   - skipped: files that are known to be of no use.
  init(bank: PhotoBank, decoder: PhotoDecoder, position: Int, skipped: [String: SkipReason], ahead: Int, threads: Int) {
    self.bank = bank
    self.decoder = decoder
    capacity = max(1, ahead)
    taken = position
    delivered = position
    for (index, file) in bank.files.enumerated() { if let reason = skipped[file] { bad[index] = reason } }
    for number in 0..<max(1, threads) {
      startThread("clipmorph.photographs.\(number)") { [weak self] in
        while let work = self?.take() { self?.finish(work) }
      }
    }
  }

  /// The position of the next picture.
  var position: Int { locked { delivered } }

  /// Files that were of no use so far, by path within the folder.
  var skipped: [String: SkipReason] {
    locked { Dictionary(uniqueKeysWithValues: bad.map { (bank.files[$0.key], $0.value) }) }
  }

  /// The next pictures; waits for them.
  ///
  /// - Throws: `TrainingError.noPhotographs` where a whole epoch has none that can be used.
  func next(_ count: Int) throws(TrainingError) -> [ImageBuffer] {
    var pictures: [ImageBuffer] = []
    var missed = 0
    while pictures.count < count {
      switch pop() {
      case .picture(let image):
        pictures.append(image)
        missed = 0
      case .skipped:
        missed += 1
        if missed >= 2 * bank.files.count {
          throw .noPhotographs(
            folder: bank.folder, reason: "none of its \(bank.files.count) pictures can be used (\(describeSkipped(skipped)))")
        }
      }
    }
    return pictures
  }

  /// Ends the threads.
  func stop() {
    locked {
      stopped = true
      condition.broadcast()
    }
  }

  private func pop() -> PhotoDecoder.Result {
    locked {
      while true {
        if let next = ready.removeValue(forKey: delivered) {
          delivered += 1
          if case .skipped(let reason) = next.result { bad[next.file] = reason }
          condition.broadcast()
          return next.result
        }
        condition.wait()
      }
    }
  }

  /// The next position to decode, with the file that has it; nil when there is no more to do.
  private func take() -> (position: Int, file: Int)? {
    locked {
      while !stopped, taken - delivered >= capacity { condition.wait() }
      guard !stopped else { return nil }
      let position = taken
      taken += 1
      let (epoch, place) = position.quotientAndRemainder(dividingBy: bank.files.count)
      if orders[epoch] == nil {
        orders = orders.filter { $0.key >= epoch - 1 }
        orders[epoch] = bank.order(epoch: epoch, seed: decoder.seed)
      }
      return (position, orders[epoch]?[place] ?? place)
    }
  }

  private func finish(_ work: (position: Int, file: Int)) {
    let known = locked { bad[work.file] }
    let result = known.map { .skipped($0) } ?? decoder.decode("\(bank.folder)/\(bank.files[work.file])", position: work.position)
    locked {
      ready[work.position] = (work.file, result)
      condition.broadcast()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }
}

/// "3 unreadable, 1 grey".
func describeSkipped(_ skipped: [String: SkipReason]) -> String {
  SkipReason.allCases.compactMap { reason in
    let count = skipped.values.count { $0 == reason }
    return count > 0 ? "\(count) \(reason.rawValue)" : nil
  }.joined(separator: ", ")
}

/// Starts a thread. Work that blocks stays off the cooperative pool, whose threads are as few as the processor's cores.
func startThread(_ name: String, _ work: @escaping @Sendable () -> Void) {
  let thread = Thread(block: work)
  thread.name = name
  thread.stackSize = 8 << 20
  thread.start()
}
