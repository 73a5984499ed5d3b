internal import COpenVINO
internal import Engine
internal import Synchronization

/// A model that OpenVINO has compiled, with the requests that run it.
final class CompiledNetwork: @unchecked Sendable {
  /// One input or output in memory: its type and sizes.
  struct Layout {
    var type: cov_type
    var shape: [Int]
  }

  private let model: OpaquePointer
  /// Requests that nobody uses: each holds the memory for all features, which is costly to get anew for every frame.
  private let idle = Mutex<[UInt]>([])

  init(onnx: [UInt8], precision: String, threads: Int, streams: Int, cache: String?) throws {
    var model: OpaquePointer?
    let status = precision.withCString { precision in
      withOptional(cache) { cache in
        var options = cov_options(precision: precision, threads: Int32(threads), streams: Int32(streams), cache: cache)
        return cov_compile(onnx, onnx.count, &options, &model)
      }
    }
    guard status == 0, let model else { throw CompiledNetwork.failure() }
    self.model = model
  }

  deinit {
    for request in idle.withLock({ $0 }) { cov_request_free(OpaquePointer(bitPattern: request)) }
    cov_model_free(model)
  }

  /// Runs the model once on the caller's memory. Calls from several threads run side by side.
  func run(
    input: UnsafeRawBufferPointer, _ inputLayout: Layout, outputs: [(memory: UnsafeMutableRawBufferPointer, layout: Layout)]
  ) throws {
    let request = try request()
    defer { idle.withLock { $0.append(UInt(bitPattern: request)) } }
    let shape = inputLayout.shape.map(Int64.init)
    guard cov_request_set_input(request, inputLayout.type, shape, Int32(shape.count), input.baseAddress) == 0 else {
      throw CompiledNetwork.failure()
    }
    for (index, output) in outputs.enumerated() {
      let shape = output.layout.shape.map(Int64.init)
      guard cov_request_set_output(request, index, output.layout.type, shape, Int32(shape.count), output.memory.baseAddress) == 0
      else { throw CompiledNetwork.failure() }
    }
    guard cov_request_infer(request) == 0 else { throw CompiledNetwork.failure() }
  }

  private func request() throws -> OpaquePointer {
    if let known = idle.withLock({ $0.popLast() }), let request = OpaquePointer(bitPattern: known) { return request }
    var request: OpaquePointer?
    guard cov_request_new(model, &request) == 0, let request else { throw CompiledNetwork.failure() }
    return request
  }

  private static func failure() -> EngineError {
    let reason = String(cString: cov_last_error())
    if reason.contains("alloc") || reason.contains("memory") { return .outOfMemory(engine: OpenVINOEngine.name) }
    return .failed(engine: OpenVINOEngine.name, reason: reason.split(separator: "\n").last.map(String.init) ?? reason)
  }
}

private func withOptional<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return text.withCString { body($0) }
}
