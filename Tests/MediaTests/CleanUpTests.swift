import Foundation
import Media
import Testing

/// Removes what other tests are making, so it is run by itself: `./test` says so in the environment.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CLIPMORPH_TEST_ALONE"] != nil, "CLIPMORPH_TEST_ALONE is not set"))
struct CleanUpTests {
  @Test func `a signal's clean-up removes all unfinished outputs`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = try ["a", "b"].map { try AtomicFile(target: "\(folder)/\($0)", replace: false) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == files.count)
    AtomicFile.discardAll()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }
}
