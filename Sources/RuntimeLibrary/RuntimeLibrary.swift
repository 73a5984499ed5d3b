#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A dynamic library of ClipMorph's own that lies beside the program and is opened on first use: what it is linked with then costs nothing
/// at start, and one that is missing is a sentence.
///
/// Each exports one function without arguments that gives a table of C functions.
public enum RuntimeLibrary {
  /// Why a library cannot be used.
  public struct Failure: Error, Equatable, Sendable {
    /// The loader's reason, or the file's name and what is wrong with it.
    public var reason: String
  }

  /// Opens a library and gives the table that its entry point returns; both stay for the program's life.
  ///
  /// - Parameters:
  ///   - name: the product's name, such as `clipmorph-flow`.
  ///   - entry: the name of the function that gives the table.
  ///   - type: the table's type.
  public static func table<Table>(of name: String, entry: String, as type: Table.Type) throws(Failure) -> Table {
    #if os(macOS)
      let path = executableFolder() + "/lib\(name).dylib"
    #else
      let path = executableFolder() + "/lib\(name).so"
    #endif
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(reason: dlerror().map { String(cString: $0) } ?? path)
    }
    guard let symbol = dlsym(library, entry) else { throw Failure(reason: "\(path) is not ClipMorph's runtime library") }
    typealias Entry = @convention(c) () -> UnsafeRawPointer?
    guard let table = unsafeBitCast(symbol, to: Entry.self)() else { throw Failure(reason: "\(path) gives no table") }
    // Every table begins with its version, which the caller compares before it calls anything in it.
    return table.assumingMemoryBound(to: type).pointee
  }

  /// The reason for a table of another version than the program's.
  public static let otherBuild = "the library is of another build; run ./clipmorph once more to rebuild it"

  /// The folder of the running program, where the build puts runtime libraries too.
  private static func executableFolder() -> String {
    var path = [CChar](repeating: 0, count: 4096)
    #if os(macOS)
      var size = UInt32(path.count)
      guard _NSGetExecutablePath(&path, &size) == 0 else { return "." }
    #else
      guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return "." }
    #endif
    let text = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
  }
}
