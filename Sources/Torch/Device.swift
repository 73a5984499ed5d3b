internal import CTorch

/// Where tensors live and are computed with.
public enum Device: Sendable, Hashable {
  /// The processor.
  case cpu
  /// An NVIDIA GPU by its number.
  case cuda(Int)
  /// Apple's GPU.
  case mps

  var handle: ct_device {
    switch self {
    case .cpu: ct_device(kind: CT_CPU, index: 0)
    case .cuda(let index): ct_device(kind: CT_CUDA, index: Int32(index))
    case .mps: ct_device(kind: CT_MPS, index: 0)
    }
  }
}

/// The type of a tensor's elements.
public enum DType: Sendable, Hashable {
  case uint8, uint16, float32, bfloat16, float16, float64

  var handle: ct_dtype {
    switch self {
    case .uint8: CT_UINT8
    case .uint16: CT_UINT16
    case .float32: CT_FLOAT32
    case .bfloat16: CT_BFLOAT16
    case .float16: CT_FLOAT16
    case .float64: CT_FLOAT64
    }
  }

  /// Bytes of one element.
  public var bytes: Int {
    switch self {
    case .uint8: 1
    case .uint16, .bfloat16, .float16: 2
    case .float32: 4
    case .float64: 8
    }
  }
}
