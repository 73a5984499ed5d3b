internal import CTorch

/// Work recorded once, for one size, and replayed on other bytes: a CUDA stream and graph, with page-locked memory at both ends.
///
/// Several lanes run side by side; one is used by one thread at a time.
public final class Lane: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Runs `work` twice, which lets the device settle on its algorithms, then records it.
  ///
  /// - Parameters:
  ///   - input: the shape of the bytes that go in.
  ///   - work: from a tensor of bytes of that shape to one of bytes; synchronous, and always the same operations.
  public init(device: Device, input shape: [Int], work: (Tensor) throws(TorchError) -> Tensor) throws(TorchError) {
    let api = try Runtime.table()
    var made: OpaquePointer?
    try Runtime.check("lane") { $0.lane_begin(device.handle, &made) }
    guard let made else { throw TorchError.failed(call: "lane", reason: "nothing was made") }
    do throws(TorchError) {
      let input = try Tensor(
        copying: [UInt8](repeating: 128, count: shape.reduce(1, *)), shape: shape, type: .uint8, device: device)
      for _ in 0..<2 { _ = try work(input) }
      try Runtime.check("lane") { $0.lane_record(made) }
      let output = try work(input)
      try Runtime.check("lane") { $0.lane_finish(made, input.handle, output.handle) }
    } catch {
      api.lane_free(made)
      throw error
    }
    handle = made
  }

  deinit {
    if let api = try? Runtime.table() { api.lane_free(handle) }
  }

  /// Replays the work; waits for its result. Both must have exactly the recorded bytes.
  public func run(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(TorchError) {
    try Runtime.check("lane") {
      $0.lane_run(handle, input.baseAddress, input.count, output.baseAddress, output.count)
    }
  }

  /// Seconds of one replay without copies to and from the device: the mean of `repetitions`.
  public func secondsPerRun(repetitions: Int) throws(TorchError) -> Double {
    var seconds = 0.0
    try Runtime.check("lane") { $0.lane_time(handle, Int64(repetitions), &seconds) }
    return seconds
  }
}

extension Runtime {
  /// Lets a device try its algorithms on every new shape and keep the fastest: worth it where shapes repeat.
  public static func tune(_ device: Device) throws(TorchError) { try check("cudnn") { $0.tune(device.handle) } }

  /// The most bytes of a GPU's memory that tensors have had at once; 0 elsewhere.
  public static func memoryPeak(_ device: Device) throws(TorchError) -> Int {
    var bytes: Int64 = 0
    try check("memory") { $0.memory_peak(device.handle, &bytes) }
    return Int(bytes)
  }
}
