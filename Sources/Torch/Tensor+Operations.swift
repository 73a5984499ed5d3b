internal import CTorch

extension Tensor {
  /// This tensor with another type or on another device; itself where nothing changes.
  public func to(_ type: DType, on device: Device = .cpu) throws(TorchError) -> Tensor {
    try .make("to") { $0.to(handle, type.handle, device.handle, $1) }
  }

  /// The dimensions in another order, as a contiguous tensor.
  public func permuted(_ order: [Int]) throws(TorchError) -> Tensor {
    try .make("permute") { $0.permute(handle, order.map(Int64.init), Int32(order.count), $1) }
  }

  /// `length` slices of a dimension from `start`; shares memory.
  public func narrowed(dimension: Int, start: Int, length: Int) throws(TorchError) -> Tensor {
    try .make("narrow") { $0.narrow(handle, Int64(dimension), Int64(start), Int64(length), $1) }
  }

  /// Tensors joined along a dimension.
  public static func cat(_ tensors: [Tensor], dimension: Int) throws(TorchError) -> Tensor {
    let handles: [OpaquePointer?] = tensors.map(\.handle)
    return try withExtendedLifetime(tensors) { () throws(TorchError) in
      try .make("cat") { $0.cat(handles, Int32(handles.count), Int64(dimension), $1) }
    }
  }

  /// The same elements in memory of their own.
  public func copied() throws(TorchError) -> Tensor {
    try .make("clone") { $0.clone(handle, $1) }
  }

  /// x · factor + offset.
  public func scaleInPlace(by factor: Double, offset: Double = 0) throws(TorchError) {
    try Runtime.check("mul_") { $0.scale_inplace(handle, factor, offset) }
  }

  /// Limits every element to a range.
  public func clampInPlace(_ range: ClosedRange<Double>) throws(TorchError) {
    try Runtime.check("clamp_") { $0.clamp_inplace(handle, range.lowerBound, range.upperBound) }
  }

  /// Rounds to whole numbers, halves to even.
  public func roundInPlace() throws(TorchError) {
    try Runtime.check("round_") { $0.round_inplace(handle) }
  }

  /// x + y.
  public func addInPlace(_ other: Tensor) throws(TorchError) {
    try Runtime.check("add_") { $0.add_inplace(handle, other.handle) }
  }

  /// max(x, 0).
  public func reluInPlace() throws(TorchError) {
    try Runtime.check("relu_") { $0.relu_inplace(handle) }
  }

  /// 1 / (1 + exp(-x)).
  public func sigmoidInPlace() throws(TorchError) {
    try Runtime.check("sigmoid_") { $0.sigmoid_inplace(handle) }
  }
}
