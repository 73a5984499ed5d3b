import Foundation
import Synchronization
import Testing

@testable import Stylization

@Suite struct OrderedQueueTests {
  @Test func `elements come out in order, whatever order several threads bring them in`() throws {
    let queue = OrderedQueue<Int>(capacity: 5)
    let source = BoundedQueue<Int>(capacity: 3)
    let count = 400
    let threads = 4
    let done = DispatchGroup()
    for index in 0..<threads {
      done.enter()
      startThread("worker") {
        while let number = try? source.pop() {
          // Some threads are slower than others, at different times.
          if number % threads == index { usleep(useconds_t(number * 37 % 300)) }
          try? queue.push(number * number, at: number)
        }
        done.leave()
      }
    }
    done.enter()
    startThread("source") {
      for number in 0..<count { try? source.push(number) }
      source.end()
      queue.end(count: count)
      done.leave()
    }
    var found: [Int] = []
    while let element = try queue.pop() { found.append(element) }
    done.wait()
    #expect(found == (0..<count).map { $0 * $0 })
    #expect(try queue.pop() == nil)
  }

  @Test func `a thread that is far ahead waits`() throws {
    let queue = OrderedQueue<Int>(capacity: 2)
    try queue.push(1, at: 1)
    let ahead = Mutex(false)
    let done = DispatchGroup()
    done.enter()
    startThread("ahead") {
      try? queue.push(2, at: 2)
      ahead.withLock { $0 = true }
      done.leave()
    }
    usleep(50_000)
    #expect(!ahead.withLock { $0 })
    try queue.push(0, at: 0)
    #expect(try queue.pop() == 0)
    done.wait()
    #expect(ahead.withLock { $0 })
    #expect(try queue.pop() == 1)
    #expect(try queue.pop() == 2)
  }

  @Test func `a failure reaches both sides`() throws {
    struct Broken: Error {}
    let queue = OrderedQueue<Int>(capacity: 1)
    queue.fail(Broken())
    #expect(throws: Broken.self) { try queue.pop() }
    #expect(throws: Broken.self) { try queue.push(0, at: 0) }
    #expect(throws: Broken.self) { try queue.push(9, at: 9) }
  }
}
