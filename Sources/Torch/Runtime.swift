internal import CTorch
internal import RuntimeLibrary

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
    do throws(RuntimeLibrary.Failure) {
      let api = try RuntimeLibrary.table(of: "clipmorph-torch", entry: "clipmorph_torch_api", as: ct_api.self)
      guard api.abi_version == UInt32(CT_ABI_VERSION) else { return .failure(.unavailable(reason: RuntimeLibrary.otherBuild)) }
      return .success(api)
    } catch {
      return .failure(.unavailable(reason: error.reason))
    }
  }
}
