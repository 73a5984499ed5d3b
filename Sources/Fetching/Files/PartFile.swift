internal import Foundation
internal import Media

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What is known of the file whose beginning lies in a part file, so that the rest of the same file can be asked for.
struct PartNotes: Codable, Equatable {
  var address: String
  var entityTag: String?
  var lastModified: String?
  var size: Int64?

  /// What goes into If-Range: a strong entity tag, or the date.
  var validator: String? {
    if let entityTag, !entityTag.hasPrefix("W/") { return entityTag }
    return lastModified
  }

  /// Whether a server's answer is about another version of the file.
  func differs(from headers: ResponseHeaders) -> Bool {
    if let entityTag, let other = headers.entityTag { return entityTag != other }
    if let lastModified, let other = headers.lastModified, lastModified != other { return true }
    if let size, let other = headers.rangeTotal { return size != other }
    return false
  }
}

/// The beginning of a download, kept between runs for one run at a time: `NAME.part` beside its target, its notes in `NAME.part.json`.
final class PartFile {
  let target: String
  let path: String
  /// Bytes that have arrived.
  private(set) var size: Int64 = 0
  private(set) var notes: PartNotes?
  private let notesPath: String
  private let madeFolders: [String]
  private var file: Int32 = -1

  init(target: String) throws(FetchError) {
    self.target = target
    path = target + ".part"
    notesPath = target + ".part.json"
    madeFolders = try Disk.makeFolder(Disk.folder(of: target))
    try openLocked()
    var information = stat()
    size = fstat(file, &information) == 0 ? Int64(information.st_size) : 0
    notes = FileManager.default.contents(atPath: notesPath).flatMap { try? JSONDecoder().decode(PartNotes.self, from: $0) }
  }

  deinit {
    end()
  }

  /// Lets go of the file; what has arrived is kept.
  func end() {
    guard file >= 0 else { return }
    if size == 0 { discard() }
    close(file)
    file = -1
  }

  /// Whether all has arrived, as far as the size is known.
  var isWhole: Bool { notes?.size == size && size > 0 }

  /// Drops what has arrived.
  func empty() throws(FetchError) {
    // The file first: notes of another file never stand beside bytes that are not its own.
    guard ftruncate(file, 0) == 0 else { throw .file(path: path, reason: reason(errno)) }
    size = 0
  }

  /// Begins with nothing, for the file that `notes` tell of.
  func begin(_ notes: PartNotes) throws(FetchError) {
    try empty()
    self.notes = notes
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let output = try AtomicFile(target: notesPath, replace: true)
      try output.write([UInt8](encoder.encode(notes)))
      try output.commit()
    } catch MediaError.diskFull {
      throw .diskFull(path: target, kept: 0)
    } catch {
      throw .file(path: notesPath, reason: "\(error)")
    }
  }

  /// Adds bytes at the end.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FetchError) {
    let failure = Disk.write(bytes, to: file)
    if failure == 0 {
      size += Int64(bytes.count)
      return
    }
    var information = stat()
    if fstat(file, &information) == 0 { size = Int64(information.st_size) }
    if failure == ENOSPC || failure == EDQUOT { throw .diskFull(path: target, kept: size) }
    throw .file(path: path, reason: "it cannot be written (\(reason(failure)))")
  }

  /// Gives the whole file its name; the lock stays with what is returned.
  func commit(replace: Bool) throws(FetchError) -> FileLock {
    var information = stat()
    if !replace, lstat(target, &information) == 0 { throw .exists(path: target, reason: "has appeared meanwhile") }
    guard rename(path, target) == 0 else { throw .file(path: target, reason: "it cannot be made (\(reason(errno)))") }
    unlink(notesPath)
    defer { file = -1 }
    return FileLock(holding: file)
  }

  /// Removes the part, its notes, and the folders that were made for it.
  func discard() {
    unlink(path)
    unlink(notesPath)
    for folder in madeFolders.reversed() { rmdir(folder) }
    size = 0
  }

  /// Opens and locks the part, and makes sure that it still has its name: a run that has just ended may have renamed it.
  private func openLocked() throws(FetchError) {
    while true {
      file = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard file >= 0 else {
        let failure = errno
        if failure == ENOSPC { throw .diskFull(path: target, kept: 0) }
        throw .file(path: path, reason: "it cannot be written (\(reason(failure))); choose another place with --to")
      }
      guard Disk.lock(file) else {
        close(file)
        file = -1
        throw .locked(path: target)
      }
      var opened = stat()
      var named = stat()
      let isSeen = fstat(file, &opened) == 0 && stat(path, &named) == 0
      if isSeen, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev { return }
      close(file)
    }
  }
}
