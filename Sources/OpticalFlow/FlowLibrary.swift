internal import COpticalFlow
internal import RuntimeLibrary

/// OpenCV, loaded on first use.
public enum FlowLibrary {
  /// OpenCV's version.
  public static func version() throws(FlowError) -> String {
    String(cString: try table().version())
  }

  /// Sets the threads that OpenCV may use, in the whole program; 0 leaves it to OpenCV.
  ///
  /// Dense inverse search is divided among them, and its results differ slightly with their number.
  public static func setThreads(_ count: Int) throws(FlowError) {
    try call("setNumThreads") { $0.set_threads(Int32(clamping: count)) }
  }

  static func table() throws(FlowError) -> cof_api { try loaded.get() }

  /// Calls a function of the table.
  static func call(_ name: String, _ body: (cof_api) -> Int32) throws(FlowError) {
    let api = try table()
    if body(api) != 0 { throw .failed(call: name, reason: String(cString: api.last_error())) }
  }

  private static let loaded: Result<cof_api, FlowError> = load()

  private static func load() -> Result<cof_api, FlowError> {
    do throws(RuntimeLibrary.Failure) {
      let api = try RuntimeLibrary.table(of: "clipmorph-flow", entry: "clipmorph_flow_api", as: cof_api.self)
      guard api.abi_version == UInt32(COF_ABI_VERSION) else { return .failure(.unavailable(reason: RuntimeLibrary.otherBuild)) }
      return .success(api)
    } catch {
      return .failure(.unavailable(reason: error.reason))
    }
  }
}

extension cof_size {
  /// A size that OpenCV can work on: remapping addresses pixels by 16-bit numbers.
  init(width: Int, height: Int) throws(FlowError) {
    guard (1...32767).contains(width), (1...32767).contains(height) else { throw .invalidSize(width: width, height: height) }
    self.init(width: Int32(width), height: Int32(height))
  }
}
