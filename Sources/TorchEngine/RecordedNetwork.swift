internal import Imaging
internal import StyleNetworks
internal import Synchronization
internal import Torch
internal import TorchPasses

/// A network on a GPU as fused passes in bfloat16. A size that comes a second time is recorded: its kernels are then launched as one graph, and several
/// pictures of it are on their way at once.
final class RecordedNetwork: Sendable {
  private struct Size: Hashable {
    var width: Int
    var height: Int
  }

  /// Lanes of a size: those that nobody uses, and how often the size has come.
  private struct Lanes {
    var free: [Lane] = []
    var uses = 0
  }

  /// Sizes whose lanes are kept.
  private static let keptSizes = 3

  private let network: FusedNetwork
  private let device: Device
  private let multiple: Int
  private let weights: [String: Tensor]
  private let parameters: [String: Tensor]
  private let lanes = Mutex<[Size: Lanes]>([:])
  /// Sizes that the passes cannot do on this GPU; layers do them.
  private let refused = Mutex<Set<Size>>([])
  /// One recording at a time.
  private let recording = Mutex<Void>(())

  /// - Parameter weights: the network's, with resize-convolutions merged.
  /// - Returns: nil where this device, precision or network has no fused passes.
  init?(
    _ architecture: Architecture, weights: [String: WeightTensor], device: Device, precision: DType
  ) throws(TorchError) {
    let fuses = try Tensor.fuses(on: device)
    guard fuses, precision == .bfloat16, let network = FusedNetwork(architecture) else { return nil }
    // Before the first convolution: LibTorch keeps what a thread has once taken for a shape, and cuDNN's guess is several times as slow.
    try Runtime.tune(device)
    self.network = network
    self.device = device
    multiple = architecture.multiple
    var convolutions: [String: Tensor] = [:]
    var parameters: [String: Tensor] = [:]
    for (name, weight) in weights {
      let tensor = try Tensor(copying: weight.floats(), shape: weight.shape, type: .float32, device: device)
      if weight.shape.count == 4 { convolutions[name] = tensor } else { parameters[name] = tensor }
    }
    self.parameters = parameters
    var laid: [String: Tensor] = [:]
    for pass in network.passes {
      let (name, form): (String, Pass.Form)
      switch pass {
      case .convolution(let its, _, let shape): (name, form) = (its, shape)
      case .transposedConvolution(let its, _, _, _): (name, form) = (its, .plain)
      default: continue
      }
      guard let weight = convolutions[name + ".weight"] else { continue }
      laid[name] = try FusedNetwork.form(weight, form).to(.bfloat16, on: device).channelsLast()
    }
    self.weights = laid
  }

  /// Paints a picture of eight bits; nil where it has other ones, sides that the network does not divide, or a size that the GPU's libraries refuse.
  ///
  /// - Throws: what memory's end throws, which layers would not survive either.
  func stylize(_ image: ImageBuffer) throws(TorchError) -> ImageBuffer? {
    let size = Size(width: image.width, height: image.height)
    guard image.depth == .eight, size.width % multiple == 0, size.height % multiple == 0,
      !refused.withLock({ $0.contains(size) })
    else { return nil }
    do throws(TorchError) {
      return try painted(image, size)
    } catch {
      if error.isOutOfMemory {
        // Lanes that nobody uses hold memory that smaller pictures will need.
        lanes.withLock { $0.removeAll() }
        throw error
      }
      refused.withLock { _ = $0.insert(size) }
      return nil
    }
  }

  private func painted(_ image: ImageBuffer, _ size: Size) throws(TorchError) -> ImageBuffer {
    let shape = [1, image.height, image.width, 3]
    guard let lane = try lane(for: size, shape: shape) else {
      let input = try Tensor(copying: image.bytes, shape: shape, type: .uint8, device: device)
      let output = try run(input)
      return try ImageBuffer.filled(width: size.width, height: size.height) { bytes throws(TorchError) in
        try output.copy(to: bytes)
      }
    }
    // Where its size was forgotten meanwhile the lane ends here.
    defer { lanes.withLock { $0[size]?.free.append(lane) } }
    return try ImageBuffer.filled(width: size.width, height: size.height) { bytes throws(TorchError) in
      let ran = image.withUnsafeBytes { input in Result { () throws(TorchError) in try lane.run(input, into: bytes) } }
      try ran.get()
    }
  }

  /// Seconds of one pass over a picture of a size, without copies to and from the device.
  func secondsPerRun(width: Int, height: Int, repetitions: Int) throws(TorchError) -> Double {
    let lane = try Lane(device: device, input: [1, height, width, 3]) { input throws(TorchError) in try run(input) }
    return try lane.secondsPerRun(repetitions: repetitions)
  }

  /// A lane that nobody uses, recorded where there is none; nil for a size's first picture, which is not worth a recording.
  private func lane(for size: Size, shape: [Int]) throws(TorchError) -> Lane? {
    let (free, records) = lanes.withLock { all -> (Lane?, Bool) in
      if all[size] == nil, all.count >= RecordedNetwork.keptSizes { all.removeAll() }
      all[size, default: Lanes()].uses += 1
      if let lane = all[size]?.free.popLast() { return (lane, false) }
      return (nil, (all[size]?.uses ?? 0) > 1)
    }
    if let free { return free }
    guard records else { return nil }
    let made = recording.withLock { _ in
      Result { () throws(TorchError) in
        try Lane(device: device, input: shape) { input throws(TorchError) in try self.run(input) }
      }
    }
    return try made.get()
  }

  /// Bytes [N, H, W, 3] to bytes [N, H, W, 3].
  private func run(_ input: Tensor) throws(TorchError) -> Tensor {
    try withoutGradients { () throws(TorchError) in
      try network.run(
        input, bytes: true, weight: { (name, _) throws(TorchError) in try RecordedNetwork.find(name, in: weights) },
        parameter: { name throws(TorchError) in try RecordedNetwork.find(name, in: parameters) })
    }
  }

  private static func find(_ name: String, in tensors: [String: Tensor]) throws(TorchError) -> Tensor {
    guard let tensor = tensors[name] else { throw TorchError.failed(call: "parameter", reason: "\(name) is missing") }
    return tensor
  }
}

extension ImageBuffer {
  /// A picture of eight bits whose bytes are filled in, or the error of that.
  fileprivate static func filled(
    width: Int, height: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(TorchError) -> Void
  ) throws(TorchError) -> ImageBuffer {
    var failure: TorchError?
    let image = ImageBuffer(width: width, height: height) { bytes in
      do throws(TorchError) { try fill(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
    return image
  }
}
