#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A zip file's pictures, written into a folder one by one; those that are there already are left, so that it can be begun again.
struct Unpacker {
  let archive: String
  let folder: String
  /// Writes pictures that are there already once more.
  let replace: Bool
  let emit: (FetchEvent) -> Void
  let isStopped: () -> Bool

  /// No picture is larger; 1 GiB.
  static let largestPicture: Int64 = 1 << 30

  /// What was found, and what was left out.
  struct Tally {
    var pictures = 0
    var bytes: Int64 = 0
    var missing: Int64 = 0
    var links = 0
    var outside = 0
  }

  /// Unpacks; nil where it was stopped.
  func run() throws(FetchError) -> Tally? {
    var tally = Tally()
    try survey { path, size in
      tally.pictures += 1
      tally.bytes += size
      if !isPresent(path, size) { tally.missing += size }
    } others: { entry in
      if entry.isFile { tally.outside += 1 } else { tally.links += 1 }
    }
    guard tally.pictures > 0 else { throw .archive(path: archive, reason: "there are no pictures (jpg, png) in it") }
    try Disk.require(tally.missing, in: folder, for: "unpacking \(archive)")
    emit(.unpacking(archive: archive, folder: folder, total: tally.pictures, bytes: tally.bytes))
    guard try unpack(tally.pictures) else { return nil }
    return tally
  }

  /// Goes over all entries, pictures with their size and suspicious others; no data are read.
  private func survey(_ picture: (String, Int64) -> Void, others: (ArchiveReader.Entry) -> Void) throws(FetchError) {
    let reader = try ArchiveReader(archive)
    while let entry = try reader.next() {
      if let path = try path(of: entry) {
        picture(path, entry.size ?? 0)
      } else if !entry.isFolder, !entry.isFile || entry.name.map({ EntryName($0) == .unsafe }) ?? true {
        others(entry)
      }
    }
  }

  /// Where an entry's picture goes; nil for what is not unpacked.
  private func path(of entry: ArchiveReader.Entry) throws(FetchError) -> String? {
    guard entry.isFile, let name = entry.name, case .picture(let path) = EntryName(name) else { return nil }
    if let size = entry.size, size > Unpacker.largestPicture {
      throw .archive(path: archive, reason: "\(name) in it would have \(byteText(size)), more than any picture")
    }
    return "\(folder)/\(path)"
  }

  private func isPresent(_ path: String, _ size: Int64?) -> Bool {
    !replace && size != nil && Disk.size(path) == size
  }

  private func unpack(_ total: Int) throws(FetchError) -> Bool {
    let reader = try ArchiveReader(archive)
    let name = archive.split(separator: "/").last.map(String.init) ?? "archive"
    // One name for all, so that a run that is killed leaves one file, which the next run takes over.
    let temporary = "\(folder)/.\(name).unpack.part"
    defer { unlink(temporary) }
    var made: Set<String> = []
    var done = 0
    var shown = ContinuousClock.now
    while let entry = try reader.next() {
      guard let path = try path(of: entry) else { continue }
      guard !isStopped() else {
        emit(.stopped(path: folder, kept: "\(done) of \(total) pictures"))
        return false
      }
      if !isPresent(path, entry.size) {
        let parent = Disk.folder(of: path)
        if made.insert(parent).inserted { try Disk.makeFolder(parent) }
        try write(entry, from: reader, to: temporary)
        guard rename(temporary, path) == 0 else { throw .file(path: path, reason: "it cannot be made (\(reason(errno)))") }
      }
      done += 1
      let now = ContinuousClock.now
      if now - shown >= .milliseconds(100) || done == total {
        shown = now
        emit(.unpacked(done: done, total: total))
      }
    }
    return true
  }

  private func write(_ entry: ArchiveReader.Entry, from reader: ArchiveReader, to path: String) throws(FetchError) {
    let name = entry.name ?? "an entry"
    let limit = entry.size ?? Unpacker.largestPicture
    let file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard file >= 0 else { throw failure(errno, path) }
    var isOpen = true
    defer { if isOpen { close(file) } }
    var size: Int64 = 0
    while let (bytes, offset) = try reader.read(name) {
      guard offset == size, size + Int64(bytes.count) <= limit else {
        throw .archive(path: archive, reason: "\(name) in it is larger than it says")
      }
      let number = Disk.write(bytes, to: file)
      guard number == 0 else { throw failure(number, path) }
      size += Int64(bytes.count)
    }
    if let expected = entry.size, size != expected { throw .archive(path: archive, reason: "\(name) in it is cut short") }
    isOpen = false
    guard close(file) == 0 else { throw failure(errno, path) }
  }

  private func failure(_ number: Int32, _ path: String) -> FetchError {
    number == ENOSPC || number == EDQUOT
      ? .diskFull(path: folder, kept: 0) : .file(path: path, reason: "it cannot be written (\(reason(number)))")
  }
}
