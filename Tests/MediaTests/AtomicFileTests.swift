import Foundation
import Media
import Testing

@Suite struct AtomicFileTests {
  private static func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private static func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func `a result appears only when it is whole`() throws {
    try Self.inFolder { folder in
      let file = try AtomicFile(target: folder + "/a.bin", replace: false)
      try file.write([1, 2, 3])
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.bin"))
      try file.commit()
      #expect(try Self.names(folder) == ["a.bin"])
      #expect(try readFile(folder + "/a.bin") == [1, 2, 3])
    }
  }

  @Test func `what is given up leaves nothing`() throws {
    try Self.inFolder { folder in
      do {
        let file = try AtomicFile(target: folder + "/a.bin", replace: false)
        try file.write([1])
      }
      #expect(try Self.names(folder) == [])
    }
  }

  @Test func `an existing file is kept unless it may be replaced`() throws {
    try Self.inFolder { folder in
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

  /// In containers every program may have the same process number.
  @Test func `what a killed program left is in nobody's way`() throws {
    try Self.inFolder { folder in
      let target = folder + "/a.bin"
      let killed = try AtomicFile(target: target, replace: false)
      let next = try AtomicFile(target: target, replace: false)
      #expect(killed.temporary != next.temporary)
      try next.write([1])
      try next.commit()
      #expect(try readFile(target) == [1])
      #expect(FileManager.default.fileExists(atPath: killed.temporary))
    }
  }

  @Test func `long names that begin alike stay two`() throws {
    try Self.inFolder { folder in
      let targets = ["a", "b"].map { folder + "/" + String(repeating: "n", count: 254) + $0 }
      let files = try targets.map { try AtomicFile(target: $0, replace: false) }
      for (index, file) in files.enumerated() {
        try file.write([UInt8(index)])
        #expect(file.temporary.hasSuffix(".part"))
      }
      for file in files { try file.commit() }
      #expect(try targets.map { try readFile($0) } == [[0], [1]])
      #expect(throws: MediaError.notWritable(path: targets[0] + "n", reason: "file name too long")) {
        try AtomicFile(target: targets[0] + "n", replace: false)
      }
    }
  }

  @Test func `an output is known as an input by any of its names`() throws {
    try Self.inFolder { folder in
      let (path, soft, hard) = (folder + "/a", folder + "/soft", folder + "/hard")
      try Data([1]).write(to: URL(fileURLWithPath: path))
      try FileManager.default.createSymbolicLink(atPath: soft, withDestinationPath: path)
      try FileManager.default.linkItem(atPath: path, toPath: hard)
      for name in [path, soft, hard, folder + "/./a"] {
        #expect(throws: MediaError.sameFile(path: name)) { try checkOutput(name, isNoneOf: [folder + "/missing", path]) }
      }
      try Data([1]).write(to: URL(fileURLWithPath: folder + "/equal"))
      try checkOutput(folder + "/equal", isNoneOf: [path])
      try checkOutput(folder + "/missing", isNoneOf: [path, folder + "/missing"])
      try checkOutput("-", isNoneOf: [path, "-"])
    }
  }

  @Test func `inputs are checked before they are decoded`() throws {
    try Self.inFolder { folder in
      #expect(throws: MediaError.missing(path: folder + "/x")) { try checkInput(folder + "/x") }
      try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
      #expect(throws: MediaError.empty(path: folder + "/empty")) { try readFile(folder + "/empty") }
      #expect(throws: MediaError.unreadable(path: folder, reason: "it is a folder")) { try checkInput(folder) }
    }
  }
}
