import Foundation
import Media
import Testing

/// Run by itself (`./test`): it removes what other tests are making.
@Suite struct CleanUpTests {
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
