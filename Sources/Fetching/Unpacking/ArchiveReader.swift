internal import CFetching

/// The entries of a zip file, one after the other.
final class ArchiveReader {
  struct Entry {
    /// Nil where it cannot be read.
    var name: String?
    var isFile: Bool
    var isFolder: Bool
    /// Bytes when unpacked, where the archive says.
    var size: Int64?
  }

  let path: String
  private let handle: OpaquePointer

  init(_ path: String) throws(FetchError) {
    _ = try FetchLibraries.archive()
    guard let handle = cf_archive_open(path) else { throw .archive(path: path, reason: "out of memory") }
    self.handle = handle
    self.path = path
    if cf_archive_failed(handle) {
      throw .archive(path: path, reason: "it is no zip file, or its end is missing (\(reason))")
    }
  }

  deinit {
    cf_archive_close(handle)
  }

  /// The next entry; nil at the end.
  func next() throws(FetchError) -> Entry? {
    var entry = cf_entry()
    switch cf_archive_next(handle, &entry) {
    case 0: return nil
    case 1:
      return Entry(
        name: entry.name.map { String(cString: $0) }, isFile: entry.is_file, isFolder: entry.is_folder,
        size: entry.size >= 0 ? entry.size : nil)
    default: throw .archive(path: path, reason: "it is damaged (\(reason))")
    }
  }

  /// The next block of the entry's bytes, valid until the next call; nil at the end.
  func read(_ name: String) throws(FetchError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
    var bytes: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch cf_archive_read(handle, &bytes, &count, &offset) {
    case 0: return nil
    case 1: return (UnsafeRawBufferPointer(start: bytes, count: count), offset)
    default: throw .archive(path: path, reason: "\(name) in it is damaged (\(reason))")
    }
  }

  private var reason: String { String(cString: cf_archive_reason(handle)) }
}
