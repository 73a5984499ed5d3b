internal import Imaging
internal import StyleNetworks
internal import Synchronization
internal import Torch
internal import TorchPasses

/// A network on a GPU as fused passes in bfloat16. A size that comes a second time is recorded: its kernels are then launched as one graph, and several
/// pictures of it are on their way at once.
final class RecordedNetwork: Sendable {
  /// Pictures that are painted by the same work.
  private struct Kind: Hashable {
    var width: Int
    var height: Int
    /// Of planes; nil for RGB.
    var coding: PlanarImage.Coding?

    /// The shape of a picture's bytes.
    var shape: [Int] { coding == nil ? [1, height, width, 3] : [1, height / 2 * 3, width] }
  }

  /// Lanes of a kind: those that nobody uses, and how often the kind has come.
  private struct Lanes {
    var free: [Lane] = []
    var uses = 0
  }

  /// Kinds whose lanes are kept.
  private static let keptKinds = 3

  private let network: FusedNetwork
  private let device: Device
  private let multiple: Int
  private let weights: [String: Tensor]
  private let parameters: [String: Tensor]
  private let lanes = Mutex<[Kind: Lanes]>([:])
  /// What the passes cannot do on this GPU; layers do it.
  private let refused = Mutex<Set<Kind>>([])
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
    guard image.depth == .eight else { return nil }
    return try painted(Kind(width: image.width, height: image.height), image.bytes) { fill in
      ImageBuffer(width: image.width, height: image.height, filledBy: fill)
    }
  }

  /// Paints a picture as codecs keep it; nil as above.
  func stylize(_ image: PlanarImage) throws(TorchError) -> PlanarImage? {
    try painted(Kind(width: image.width, height: image.height, coding: image.coding), image.bytes) { fill in
      PlanarImage(width: image.width, height: image.height, coding: image.coding, filledBy: fill)
    }
  }

  /// A painting whose bytes are filled in by the network; nil where the passes cannot do this kind.
  private func painted<Painting>(
    _ kind: Kind, _ bytes: [UInt8], make: ((UnsafeMutableRawBufferPointer) -> Void) -> Painting
  ) throws(TorchError) -> Painting? {
    guard kind.width % multiple == 0, kind.height % multiple == 0, !refused.withLock({ $0.contains(kind) }) else { return nil }
    var failure: TorchError?
    let painting = make { target in
      do throws(TorchError) { try paint(kind, bytes, into: target) } catch { failure = error }
    }
    guard let failure else { return painting }
    if failure.isOutOfMemory {
      // Lanes that nobody uses hold memory that smaller pictures will need.
      lanes.withLock { $0.removeAll() }
      throw failure
    }
    refused.withLock { _ = $0.insert(kind) }
    return nil
  }

  private func paint(_ kind: Kind, _ bytes: [UInt8], into target: UnsafeMutableRawBufferPointer) throws(TorchError) {
    guard let lane = try lane(for: kind) else {
      let input = try Tensor(copying: bytes, shape: kind.shape, type: .uint8, device: device)
      return try run(input, kind).copy(to: target)
    }
    // Where its kind was forgotten meanwhile the lane ends here.
    defer { lanes.withLock { $0[kind]?.free.append(lane) } }
    try bytes.withUnsafeBytes { input in Result { () throws(TorchError) in try lane.run(input, into: target) } }.get()
  }

  /// Seconds of one pass over a picture of a size, without copies to and from the device.
  func secondsPerRun(width: Int, height: Int, repetitions: Int) throws(TorchError) -> Double {
    let kind = Kind(width: width, height: height)
    let lane = try Lane(device: device, input: kind.shape) { input throws(TorchError) in try run(input, kind) }
    return try lane.secondsPerRun(repetitions: repetitions)
  }

  /// A lane that nobody uses, recorded where there is none; nil for a kind's first picture, which is not worth a recording.
  private func lane(for kind: Kind) throws(TorchError) -> Lane? {
    let (free, records) = lanes.withLock { all -> (Lane?, Bool) in
      if all[kind] == nil, all.count >= RecordedNetwork.keptKinds { all.removeAll() }
      all[kind, default: Lanes()].uses += 1
      if let lane = all[kind]?.free.popLast() { return (lane, false) }
      return (nil, (all[kind]?.uses ?? 0) > 1)
    }
    if let free { return free }
    guard records else { return nil }
    let made = recording.withLock { _ in
      Result { () throws(TorchError) in
        try Lane(device: device, input: kind.shape) { input throws(TorchError) in try self.run(input, kind) }
      }
    }
    return try made.get()
  }

  /// A kind's bytes to a painting's, of the same shape.
  private func run(_ input: Tensor, _ kind: Kind) throws(TorchError) -> Tensor {
    guard let coding = kind.coding else { return try run(input) }
    let picture = try input.picturesOfPlanes(red: coding.red, blue: coding.blue, isFullRange: coding.isFullRange)
    return try run(picture).planesOfPictures(red: coding.red, blue: coding.blue, isFullRange: coding.isFullRange)
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
