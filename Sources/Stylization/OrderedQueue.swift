internal import Foundation

/// A queue that gives elements in the order of their numbers, 0, 1, 2, …, whatever order they arrive in from several threads. It holds so many at
/// most: a thread with an element far ahead waits.
final class OrderedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Int: Element] = [:]
  private var next = 0
  /// One past the last number, once it is known.
  private var end: Int?
  private var failure: (any Error)?
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Adds the element of a number, waiting until it is among the next ones. Throws where the job has failed elsewhere.
  func push(_ element: Element, at number: Int) throws {
    condition.lock()
    defer { condition.unlock() }
    while number >= next + capacity, failure == nil { condition.wait() }
    if let failure { throw failure }
    elements[number] = element
    condition.broadcast()
  }

  /// Takes the next element, waiting for it; nil after the last. Throws where the job has failed elsewhere.
  func pop() throws -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements[next] == nil, end.map({ next < $0 }) ?? true, failure == nil { condition.wait() }
    if let failure { throw failure }
    guard let element = elements.removeValue(forKey: next) else { return nil }
    next += 1
    condition.broadcast()
    return element
  }

  /// There are no more than `count` elements.
  func end(count: Int) {
    condition.lock()
    end = count
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the job: both sides throw `error` from now on.
  func fail(_ error: any Error) {
    condition.lock()
    if failure == nil { failure = error }
    condition.broadcast()
    condition.unlock()
  }
}
