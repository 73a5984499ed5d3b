import Foundation
import Media
import Testing

@Suite struct AtomicFileTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  @Test func `a result appears only when it is whole`() throws {
    try inFolder { folder in
      let file = try AtomicFile(target: folder + "/a.bin", replace: false)
      try file.write([1, 2, 3])
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.bin"))
      try file.commit()
      #expect(try names(folder) == ["a.bin"])
      #expect(try readFile(folder + "/a.bin") == [1, 2, 3])
    }
  }

  @Test func `what is given up leaves nothing`() throws {
    try inFolder { folder in
      do {
        let file = try AtomicFile(target: folder + "/a.bin", replace: false)
        try file.write([1])
      }
      #expect(try names(folder) == [])
    }
  }

  @Test func `an existing file is kept unless it may be replaced`() throws {
    try inFolder { folder in
      let path = folder + "/a.bin"
      try Data([9]).write(to: URL(fileURLWithPath: path))
      #expect(throws: MediaError.exists(path: path)) { try AtomicFile(target: path, replace: false) }
      let file = try AtomicFile(target: path, replace: true)
      try file.write([1, 2])
      #expect(try readFile(path) == [9])
      try file.commit()
      #expect(try readFile(path) == [1, 2])
    }
  }

  @Test func `a signal's clean-up removes all unfinished outputs`() throws {
    try inFolder { folder in
      let files = try ["a", "b"].map { try AtomicFile(target: "\(folder)/\($0)", replace: false) }
      #expect(try names(folder).count == files.count)
      AtomicFile.discardAll()
      #expect(try names(folder) == [])
    }
  }

  @Test func `inputs are checked before they are decoded`() throws {
    try inFolder { folder in
      #expect(throws: MediaError.missing(path: folder + "/x")) { try checkInput(folder + "/x") }
      try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
      #expect(throws: MediaError.empty(path: folder + "/empty")) { try readFile(folder + "/empty") }
      #expect(throws: MediaError.unreadable(path: folder, reason: "it is a folder")) { try checkInput(folder) }
    }
  }
}
