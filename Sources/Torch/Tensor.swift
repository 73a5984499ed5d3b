internal import CTorch

/// A LibTorch tensor. Operations give new tensors, except those whose names end in `InPlace`.
///
/// Safe to hand from one thread to another; an `InPlace` call needs the tensor for itself.
public final class Tensor: @unchecked Sendable {
  let handle: OpaquePointer

  /// Takes ownership of a handle.
  init(owning handle: OpaquePointer) {
    self.handle = handle
  }

  deinit {
    // The handle came from the table, so the table is there.
    if let api = try? Runtime.table() { api.tensor_free(handle) }
  }

  /// Copies row-major elements, which must have as many bytes as `shape` and `type` say.
  public convenience init<Element: BitwiseCopyable>(
    copying elements: [Element], shape: [Int], type: DType, device: Device = .cpu
  ) throws(TorchError) {
    let wanted = shape.reduce(type.bytes, *)
    let made = elements.withUnsafeBytes { data in
      Result { () throws(TorchError) in
        guard data.count == wanted, let base = data.baseAddress else {
          throw TorchError.failed(call: "from_blob", reason: "\(data.count) bytes for a tensor of \(wanted)")
        }
        return try Tensor.made("from_blob") {
          $0.tensor_from_data(base, shape.map(Int64.init), Int32(shape.count), type.handle, device.handle, $1)
        }
      }
    }
    self.init(owning: try made.get())
  }

  /// Sizes, outermost first.
  public func shape() throws(TorchError) -> [Int] {
    var sizes = [Int64](repeating: 0, count: 8)
    var rank: Int32 = 0
    try Runtime.check("sizes") { $0.tensor_shape(handle, &sizes, Int32(sizes.count), &rank) }
    return sizes.prefix(Int(rank)).map(Int.init)
  }

  /// Copies the elements out, row-major. `data` must have exactly their bytes.
  public func copy(to data: UnsafeMutableRawBufferPointer) throws(TorchError) {
    try Runtime.check("copy_") { $0.tensor_copy_out(handle, data.baseAddress, data.count) }
  }

  /// The elements of an f32 tensor, row-major.
  public func floats() throws(TorchError) -> [Float] {
    var values = [Float](repeating: 0, count: try shape().reduce(1, *))
    let copied = values.withUnsafeMutableBytes { bytes in
      Result { () throws(TorchError) in try copy(to: bytes) }
    }
    try copied.get()
    return values
  }

  static func made(
    _ call: String, _ body: (ct_api, UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(TorchError) -> OpaquePointer {
    let api = try Runtime.table()
    var result: OpaquePointer?
    guard body(api, &result) == 0, let result else {
      throw TorchError.failed(call: call, reason: String(cString: api.last_error()))
    }
    return result
  }

  static func make(
    _ call: String, _ body: (ct_api, UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(TorchError) -> Tensor {
    Tensor(owning: try made(call, body))
  }
}
