/// What to do with an entry of a zip file, by its name.
enum EntryName: Equatable {
  /// A picture, at this path within the folder.
  case picture(String)
  /// Something that is not unpacked.
  case other
  /// A name that leads out of the folder, or that no picture has.
  case unsafe

  init(_ name: String) {
    guard !name.hasPrefix("/"), !name.contains("\\"), name.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
      self = .unsafe
      return
    }
    let parts = name.split(separator: "/").filter { $0 != "." }
    guard !parts.contains(".."), parts.allSatisfy({ $0.utf8.count <= 200 }) else {
      self = .unsafe
      return
    }
    guard let last = parts.last, !name.hasSuffix("/"), !last.hasPrefix("."), let dot = last.lastIndex(of: "."),
      ["jpg", "jpeg", "png"].contains(last[last.index(after: dot)...].lowercased())
    else {
      self = .other
      return
    }
    self = .picture(parts.joined(separator: "/"))
  }
}
