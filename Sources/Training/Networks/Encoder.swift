internal import StyleNetworks
internal import Torch

/// A loss network as data: what happens to a picture on the way to the taps.
struct EncoderDescription: Sendable, Hashable {
  enum Padding: Sendable { case none, zeros, reflection }

  enum Step: Sendable, Hashable {
    /// (x - mean) / deviation per channel, ImageNet's.
    case normalisation
    /// A convolution with `name.weight` and `name.bias`; the padding keeps the size.
    case convolution(String, Padding)
    case relu
    /// 2 x 2.
    case maxPool(ceil: Bool)
    /// The features here have this name.
    case tap(String)
  }

  /// The name by which `--loss-network` asks for it.
  var name: String
  /// The file's names, without extension.
  var files: [String]
  var steps: [Step]
}

/// A frozen convolutional network whose features measure content and style.
struct Encoder: Sendable {
  let description: EncoderDescription
  let precision: DType
  let channelsLast: Bool
  private let device: Device
  private let parameters: [String: Tensor]
  /// Whether three channels are made eight by zeros, which matrix units want.
  private let padsColours: Bool

  /// - Parameters:
  ///   - weights: must hold every parameter that the steps up to the last of `taps` need.
  init(
    _ description: EncoderDescription, taps: [String], weights: StateDict, device: Device, precision: DType, channelsLast: Bool
  ) throws(TorchError) {
    self.description = description
    self.device = device
    self.precision = precision
    self.channelsLast = channelsLast
    let fuses = try Tensor.fuses(on: device)
    let padsColours = fuses && precision == .bfloat16
    self.padsColours = padsColours
    var parameters: [String: Tensor] = [:]
    for step in description.steps(upTo: taps) {
      guard case .convolution(let name, _) = step else { continue }
      for parameter in [name + ".weight", name + ".bias"] {
        guard let weight = weights[parameter] else {
          throw TorchError.failed(call: "parameter", reason: "\(parameter) is missing")
        }
        var tensor = try Tensor(copying: weight.floats(), shape: weight.shape, type: .float32, device: device).to(
          precision, on: device)
        if padsColours && weight.shape.count == 4 && weight.shape[1] == 3 { tensor = try tensor.paddedChannels(to: 8) }
        if channelsLast, weight.shape.count == 4 { tensor = try tensor.channelsLast() }
        parameters[parameter] = tensor
      }
    }
    self.parameters = parameters
  }

  /// The features of pictures [N, 3, H, W] in 0…1 at the taps, in the order asked for: [N, C, h, w] each, in the encoder's precision.
  func features(_ pictures: Tensor, taps: [String]) throws(TorchError) -> [Tensor] {
    var found: [String: Tensor] = [:]
    var x = pictures  // [N, 3, H, W]
    if channelsLast { x = try x.channelsLast() }
    if precision != .float32 { x = try x.to(precision, on: device) }
    let steps = Array(description.steps(upTo: taps))
    // What the convolution before has already pooled.
    var pooled: Tensor?
    for (index, step) in steps.enumerated() {
      switch step {
      case .normalisation: x = try ImageNet.normalised(x, device: device, precision: precision)  // [N, 3, H, W]
      case .convolution(let name, let padding):
        guard let weight = parameters[name + ".weight"], let bias = parameters[name + ".bias"] else {
          throw TorchError.failed(call: "parameter", reason: "\(name) is missing")
        }
        if padsColours {
          let channels = try x.shape()[1]
          if channels == 3 { x = try x.paddedChannels(to: 8) }  // [N, 8, H, W]
        }
        if padding == .reflection { x = try x.reflectionPadded(1) }  // [N, C, H + 2, W + 2]
        let zeros = padding == .zeros ? 1 : 0
        if let ceil = Encoder.pooling(steps, after: index) {
          (x, pooled) = try x.convolvedWithReLUAndPool(weight: weight, bias: bias, padding: zeros, ceil: ceil)
        } else if Encoder.isReLU(steps, after: index) {
          x = try x.convolvedWithReLU(weight: weight, bias: bias, padding: zeros)
        } else {
          x = try x.convolved(weight: weight, bias: bias, padding: zeros)
        }  // [N, C', H, W]
      case .relu where index > 0 && Encoder.isConvolution(steps[index - 1]):
        break  // The convolution has done it.
      case .relu: x = try x.relu()  // [N, C, H, W]
      case .maxPool(let ceil):
        if let pooled { x = pooled } else { x = try x.maxPooled(2, ceil: ceil) }  // [N, C, H/2, W/2]
        pooled = nil
      case .tap(let name): found[name] = x
      }
    }
    var features: [Tensor] = []
    for tap in taps {
      guard let tensor = found[tap] else {
        throw TorchError.failed(call: "features", reason: "\(description.name) has no \(tap)")
      }
      features.append(tensor)
    }
    return features
  }
}

extension Encoder {
  private static func isReLU(_ steps: [EncoderDescription.Step], after index: Int) -> Bool {
    index + 1 < steps.count && steps[index + 1] == .relu
  }

  /// How the convolution at `index` is pooled, where ReLU and at most taps are between; nil where it is not.
  private static func pooling(_ steps: [EncoderDescription.Step], after index: Int) -> Bool? {
    guard isReLU(steps, after: index) else { return nil }
    let next = steps[(index + 2)...].first { if case .tap = $0 { false } else { true } }
    return if case .maxPool(let ceil)? = next { ceil } else { nil }
  }

  private static func isConvolution(_ step: EncoderDescription.Step) -> Bool {
    if case .convolution = step { true } else { false }
  }
}

extension EncoderDescription {
  /// The names of all taps.
  var taps: [String] {
    steps.compactMap { if case .tap(let name) = $0 { name } else { nil } }
  }

  /// The steps that the deepest of `taps` needs.
  func steps(upTo taps: [String]) -> ArraySlice<Step> {
    let last = steps.lastIndex { if case .tap(let name) = $0 { taps.contains(name) } else { false } }
    return last.map { steps[...$0] } ?? []
  }
}

/// The statistics that torchvision's networks expect of their input.
enum ImageNet {
  static let mean: [Float] = [0.485, 0.456, 0.406]
  static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// (x - mean) / deviation, [N, 3, H, W].
  static func normalised(_ x: Tensor, device: Device, precision: DType = .float32) throws(TorchError) -> Tensor {
    let mean = try Tensor(copying: mean, shape: [1, 3, 1, 1], type: .float32, device: device).to(precision, on: device)
    let deviation = try Tensor(copying: deviation, shape: [1, 3, 1, 1], type: .float32, device: device).to(precision, on: device)
    return try x.minus(mean).divided(by: deviation)  // [N, 3, H, W]
  }
}
