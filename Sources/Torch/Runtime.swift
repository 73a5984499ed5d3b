internal import CTorch

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// LibTorch, loaded on first use.
public enum Runtime {
  /// LibTorch's version.
  public static func version() throws(TorchError) -> String {
    let api = try table()
    return String(cString: api.version())
  }

  /// Whether LibTorch can compute on a device here.
  public static func isAvailable(_ device: Device) throws(TorchError) -> Bool {
    try table().device_available(device.handle)
  }

  /// Sets the threads that one operation may use.
  public static func setThreads(_ count: Int) throws(TorchError) {
    try check("set_num_threads") { $0.set_threads(Int32(count)) }
  }

  /// The threads that one operation may use.
  public static func threads() throws(TorchError) -> Int {
    Int(try table().threads())
  }

  /// Makes the program's allocator keep what is freed instead of giving it back to the system; does nothing without glibc.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  static func table() throws(TorchError) -> ct_api {
    switch loaded {
    case .success(let table): return table
    case .failure(let error): throw error
    }
  }

  static func check(_ call: String, _ body: (ct_api) -> Int32) throws(TorchError) {
    let api = try table()
    if body(api) != 0 {
      throw TorchError.failed(call: call, reason: String(cString: api.last_error()))
    }
  }

  private static let loaded: Result<ct_api, TorchError> = load()

  private static func load() -> Result<ct_api, TorchError> {
    // Activations are large and short-lived: given back to the system each time, a quarter of the whole time goes into fresh pages.
    ct_keep_freed_memory()
    let path = executableFolder() + "/" + libraryName
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      return .failure(.unavailable(reason: dlerror().map { String(cString: $0) } ?? path))
    }
    guard let symbol = dlsym(library, "clipmorph_torch_api") else {
      return .failure(.unavailable(reason: "\(path) is not ClipMorph's runtime library"))
    }
    typealias Entry = @convention(c) () -> UnsafePointer<ct_api>?
    guard let api = unsafeBitCast(symbol, to: Entry.self)()?.pointee, api.abi_version == UInt32(CT_ABI_VERSION) else {
      return .failure(.unavailable(reason: "\(path) is of another build; run ./clipmorph once more to rebuild it"))
    }
    return .success(api)
  }

  #if os(macOS)
    private static let libraryName = "libclipmorph-torch.dylib"
  #else
    private static let libraryName = "libclipmorph-torch.so"
  #endif

  /// The folder of the running program, where the build puts the runtime library too.
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
