public import StyleNetworks

/// A network as passes over a GPU's memory: a normalisation with all that follows it up to the next convolution is one.
///
/// The first and the last convolution see or make three channels, which leaves matrix units idle. A large kernel is therefore taken apart: the first sees
/// its rows of pixels as channels, through a kernel of one column; the last makes each row's share as channels, which are added up afterwards.
public enum Pass: Sendable, Hashable {
  /// How a convolution's weight is laid out for it.
  public enum Form: Sendable, Hashable {
    /// As it is, with zeros up to a multiple of eight inputs.
    case plain
    /// [C', 3, k, k] as [C', 32, k, 1], for unfolded rows.
    case column
    /// [3, C, k, k] as [32, C, 1, k], for rows that are added up.
    case row
    /// A merged resize-convolution's, its outputs as phases x channels.
    case phases
    /// A merged resize-convolution's, with zeros up to a multiple of eight outputs.
    case padded
  }

  /// A picture's rows of pixels as channels.
  case unfold(kernel: Int)
  /// A picture's 2x2 cells as channels.
  case unshuffle
  /// A convolution without padding; its bias falls out in the normalisation after it, or is added by the last pass.
  case convolution(name: String, stride: Int, form: Form)
  /// A transposed convolution.
  case transposedConvolution(name: String, stride: Int, padding: Int, outputPadding: Int)
  /// What comes now is a residual block's input.
  case keep
  /// Instance normalisation, ReLU, a residual block's end, and the padding that the next convolution wants.
  case norm(name: String, epsilon: Double, relu: Bool, factor: Int, addsResidual: Bool, padding: Int)
  /// The last pass: rows added up.
  case sum(name: String, kernel: Int, sigmoid: Bool)
  /// The last pass: phases to pixels.
  case shuffle(name: String)

  /// Channels of unfolded rows of `kernel` pixels.
  public static func rowChannels(kernel: Int) -> Int { (3 * kernel + 7) / 8 * 8 }
}

extension Architecture {
  /// The network as passes; nil where it has a layer or a width that none of them does.
  public var passes: [Pass]? {
    guard input == .unit, output == .unit else { return nil }
    var builder = PassBuilder()
    guard builder.add(layers[...]), builder.isComplete else { return nil }
    return builder.passes
  }

  /// Whether gradients flow through all its passes.
  public var passesLearn: Bool {
    passes?.allSatisfy {
      switch $0 {
      case .norm(_, _, _, let factor, _, _): factor == 1
      case .unshuffle, .shuffle: false
      default: true
      }
    } ?? false
  }
}

/// Goes through layers in order.
private struct PassBuilder {
  var passes: [Pass] = []
  var isComplete = false
  /// Where the last normalisation is, whose padding the next convolution decides.
  private var lastNorm: Int?

  mutating func add(_ layers: ArraySlice<Layer>) -> Bool {
    var rest = layers
    while let layer = rest.first {
      rest = rest.dropFirst()
      guard !isComplete else { return false }
      switch layer {
      case .unshuffle(2) where passes.isEmpty:
        passes.append(.unshuffle)
      case .convolution(let name, let input, let output, let kernel, let stride, let padding, let groups, let dilation):
        guard groups == 1, dilation == 1, padding == kernel / 2, kernel % 2 == 1 else { return false }
        if passes.isEmpty {
          guard input == 3, stride == 1, output % 8 == 0, kernel > 1 else { return false }
          passes += [.unfold(kernel: kernel), .convolution(name: name, stride: 1, form: .column)]
        } else if output == 3 {
          guard stride == 1, rest.isEmpty || rest.first == .sigmoid, pad(padding) else { return false }
          passes += [
            .convolution(name: name, stride: 1, form: .row), .sum(name: name, kernel: kernel, sigmoid: rest.first == .sigmoid),
          ]
          rest = rest.dropFirst()
          isComplete = true
        } else {
          let isFirst = passes == [.unshuffle]
          guard output % 8 == 0, isFirst ? padding == 1 : pad(padding) else { return false }
          passes.append(.convolution(name: name, stride: stride, form: .plain))
        }
      case .transposedConvolution(let name, _, let output, _, let stride, let padding, let outputPadding):
        guard output % 8 == 0, let at = lastNorm, at == passes.count - 1 else { return false }
        passes.append(.transposedConvolution(name: name, stride: stride, padding: padding, outputPadding: outputPadding))
      case .resizeConvolution(let name, _, let output):
        guard pad(1) else { return false }
        if output == 3 {
          guard rest.isEmpty else { return false }
          passes += [.convolution(name: name, stride: 1, form: .padded), .shuffle(name: name)]
          isComplete = true
        } else {
          guard output % 8 == 0 else { return false }
          passes.append(.convolution(name: name, stride: 1, form: .phases))
        }
      case .instanceNorm(let name, _, let epsilon):
        var factor = 1
        switch passes.last {
        case .convolution(_, _, .phases): factor = 2
        case .convolution, .transposedConvolution: break
        default: return false
        }
        let relu = rest.first == .relu
        if relu { rest = rest.dropFirst() }
        lastNorm = passes.count
        passes.append(.norm(name: name, epsilon: epsilon, relu: relu, factor: factor, addsResidual: false, padding: 0))
      case .residual(let branch):
        guard lastNorm == passes.count - 1, case .instanceNorm? = branch.last else { return false }
        passes.append(.keep)
        guard add(branch[...]), let at = lastNorm, at == passes.count - 1,
          case .norm(let name, let epsilon, let relu, let factor, _, let padding) = passes[at]
        else { return false }
        passes[at] = .norm(name: name, epsilon: epsilon, relu: relu, factor: factor, addsResidual: true, padding: padding)
      default:
        return false
      }
    }
    return true
  }

  /// Lets the normalisation just before pad for the next convolution; there is none where convolutions follow each other.
  private mutating func pad(_ padding: Int) -> Bool {
    guard let at = lastNorm, at == passes.count - 1 || passes.last == .keep,
      case .norm(let name, let epsilon, let relu, let factor, let adds, _) = passes[at]
    else {
      return false
    }
    passes[at] = .norm(name: name, epsilon: epsilon, relu: relu, factor: factor, addsResidual: adds, padding: padding)
    return true
  }
}
