import Foundation
import Imaging
import Media
import StyleNetworks
import Testing

@testable import Training

@Suite struct PhotoLoaderTests {
  /// A folder with five photographs in colour, one grey, one tiny and one that is none.
  final class Folder {
    let path = NSTemporaryDirectory() + "photographs-\(UUID().uuidString)"

    init() throws {
      try FileManager.default.createDirectory(atPath: path + "/deeper", withIntermediateDirectories: true)
      for index in 0..<5 {
        try Picture(image: Self.blobs(width: 90 + 10 * index, height: 80, seed: UInt64(index)))
          .write(to: "\(path)/\(index == 3 ? "deeper/" : "")\(index).png")
      }
      try Picture(image: ImageBuffer(width: 80, height: 80)).write(to: path + "/grey.png")
      try Picture(image: Self.blobs(width: 63, height: 200, seed: 9)).write(to: path + "/tiny.png")
      try Data("no picture".utf8).write(to: URL(fileURLWithPath: path + "/text.jpg"))
      try Data("not counted".utf8).write(to: URL(fileURLWithPath: path + "/notes.txt"))
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    static func blobs(width: Int, height: Int, seed: UInt64) -> ImageBuffer {
      let values = SeededValues.uniform(count: width * height * 3, seed: seed)
      return ImageBuffer(width: width, height: height) { bytes in
        for (index, value) in values.enumerated() { bytes[index] = UInt8(value * 255) }
      }
    }
  }

  static func loader(
    _ folder: Folder, seed: UInt64 = 1, position: Int = 0, ahead: Int = 8, threads: Int = 3
  ) throws -> PhotoLoader {
    var settings = Recipe.balanced.photographs
    settings.size = 64
    return PhotoLoader(
      bank: try PhotoBank(folder: folder.path), decoder: PhotoDecoder(settings: settings, seed: seed, cache: nil),
      position: position, skipped: [:], ahead: ahead, threads: threads)
  }

  @Test func `a folder's tree is found, sorted, and nothing else`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    #expect(
      try PhotoBank(folder: folder.path).files
        == ["0.png", "1.png", "2.png", "4.png", "deeper/3.png", "grey.png", "text.jpg", "tiny.png"])
  }

  @Test func `runs, and what is to be left out, are no photographs`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let before = try PhotoBank(folder: folder.path).files
    for (name, files) in [
      ("old.run/", ["tracking.jsonl", "style.png", "previews/1.png"]), ("new.run/", ["style.png"]), ("cache/", ["a.jpg"]),
    ] {
      for file in files {
        let url = URL(fileURLWithPath: folder.path + "/" + name + file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data([1]).write(to: url)
      }
    }
    #expect(try PhotoBank(folder: folder.path).files.count == before.count + 2)
    let others = [folder.path + "/new.run", folder.path + "/./cache/", folder.path + "/nowhere", folder.path, "/elsewhere"]
    #expect(try PhotoBank(folder: folder.path, leavingOut: others).files == before)
    // What is named itself is meant.
    #expect(try PhotoBank(folder: folder.path + "/old.run").files == ["previews/1.png", "style.png"])
  }

  @Test func `a link to a folder is the folder`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let link = folder.path + ".link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    defer { try? FileManager.default.removeItem(atPath: link) }
    #expect(try PhotoBank(folder: link).files == PhotoBank(folder: folder.path).files)
  }

  @Test func `each epoch has every file once, in an order of its own`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let bank = try PhotoBank(folder: folder.path)
    let orders = (0..<4).map { bank.order(epoch: $0, seed: 1) }
    for order in orders { #expect(order.sorted() == Array(0..<8)) }
    #expect(Set(orders).count == 4)
    #expect(bank.order(epoch: 0, seed: 1) == orders[0])
    #expect(bank.order(epoch: 0, seed: 2) != orders[0])
  }

  @Test func `pictures come in one order, however many threads there are`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let alone = try Self.loader(folder, ahead: 1, threads: 1)
    let together = try Self.loader(folder, ahead: 30, threads: 4)
    let expected = try alone.next(23)
    #expect(try together.next(23) == expected)
    #expect(together.position == alone.position)
    #expect(expected.allSatisfy { $0.width == 64 && $0.height == 64 })
    #expect(try Self.loader(folder, seed: 2).next(23) != expected)
    for loader in [alone, together] { loader.stop() }
  }

  @Test func `a position is all that is needed to go on`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let whole = try Self.loader(folder)
    let first = try whole.next(9)
    let position = whole.position
    let rest = try whole.next(9)
    #expect(try Self.loader(folder, position: position).next(9) == rest)
    #expect(first != rest)
  }

  @Test func `what cannot be used is counted by reason and skipped`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let loader = try Self.loader(folder)
    _ = try loader.next(10)
    #expect(loader.skipped == ["grey.png": .grey, "tiny.png": .tiny, "text.jpg": .unreadable])
  }

  @Test func `crops differ between epochs, and some are mirrored`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    for name in ["1.png", "2.png", "4.png", "deeper/3.png", "grey.png", "text.jpg", "tiny.png"] {
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    }
    let pictures = try Self.loader(folder).next(12)
    #expect(Set(pictures.map(\.bytes)).count == 12)
  }

  @Test func `a picture that is mirrored twice is itself`() {
    let image = Folder.blobs(width: 7, height: 5, seed: 3)
    let mirrored = image.mirrored()
    #expect(mirrored != image)
    #expect(mirrored.bytes[0..<3] == image.bytes[18..<21])
    #expect(mirrored.mirrored() == image)
  }

  @Test func `a folder without a usable photograph is refused`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    for index in 0..<5 { try FileManager.default.removeItem(atPath: "\(folder.path)/\(index == 3 ? "deeper/" : "")\(index).png") }
    let loader = try Self.loader(folder)
    do {
      _ = try loader.next(1)
      Issue.record("pictures came out of a folder without any")
    } catch {
      #expect(error.description.contains("1 unreadable, 1 tiny, 1 grey"), "\(error)")
    }
    #expect(throws: TrainingError.self) { try PhotoBank(folder: folder.path + "/nowhere") }
    #expect(throws: TrainingError.self) { try PhotoBank(folder: folder.path + "/deeper") }
  }
}
