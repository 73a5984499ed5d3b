internal import Foundation

/// A queue between two threads that holds so many elements at most: a fast stage waits for a slow one.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Element] = []
  private var head = 0
  private var ended = false
  private var failure: (any Error)?
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Adds an element, waiting for room. Throws where the job has failed elsewhere.
  func push(_ element: Element) throws {
    condition.lock()
    defer { condition.unlock() }
    while elements.count - head >= capacity, failure == nil { condition.wait() }
    if let failure { throw failure }
    elements.append(element)
    condition.broadcast()
  }

  /// Takes the next element, waiting for one; nil after the last. Throws where the job has failed elsewhere.
  func pop() throws -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while head == elements.count, !ended, failure == nil { condition.wait() }
    if let failure { throw failure }
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head == elements.count || head > 64 {
      elements.removeFirst(head)
      head = 0
    }
    condition.broadcast()
    return element
  }

  /// No more elements will come.
  func end() {
    condition.lock()
    ended = true
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
