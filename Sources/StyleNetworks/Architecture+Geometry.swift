extension Architecture {
  /// Every parameter's PyTorch name and shape, in the order of the layers.
  public var parameterShapes: [(name: String, shape: [Int])] {
    var shapes: [(name: String, shape: [Int])] = []
    for layer in flattened { shapes += layer.parameterShapes }
    return shapes
  }

  /// How many numbers the network has learnt.
  public var parameterCount: Int {
    parameterShapes.reduce(0) { $0.plus($1.shape.reduce(1) { $0.times($1) }) }
  }

  /// How many instance normalisations the network has: each needs statistics of the whole picture.
  public var normCount: Int {
    flattened.count { if case .instanceNorm = $0 { true } else { false } }
  }

  /// The channels of each instance normalisation, in order.
  public var normChannels: [Int] {
    flattened.compactMap { if case .instanceNorm(_, let channels, _) = $0 { channels } else { nil } }
  }

  /// The number of pixels that a side must be a multiple of for the output to be as large as the input (4 for two halvings).
  public var multiple: Int {
    var multiple = 1
    var scale = Ratio()
    for layer in flattened {
      layer.rescale(&scale)
      multiple = (multiple / Ratio.commonDivisor(multiple, scale.numerator)).times(scale.numerator)
    }
    return multiple
  }

  /// The shortest side, a multiple of `multiple`, at which every reflection padding is narrower than what it pads.
  public var minimumSide: Int {
    let step = multiple
    let layers = flattened
    // Wider padding than the widest kernel's has no place in a valid network, so the search ends.
    for count in 1...4096 where Self.fit(layers, side: step.times(count)) { return step.times(count) }
    return step.times(4096)
  }

  /// The size at which a picture is run: enlarged to multiples of `multiple`, `minimumSide` at least.
  public func paddedSize(width: Int, height: Int) -> (width: Int, height: Int) {
    let (multiple, least) = (multiple, minimumSide)
    func up(_ side: Int) -> Int { (max(side, least) + multiple - 1) / multiple * multiple }
    return (up(width), up(height))
  }

  /// How many input pixels to each side an output pixel sees through the convolutions, at most, leaving instance
  /// normalisation aside (which sees everything): the overlap that tiles need.
  public var receptiveRadius: Int {
    var radius = 0.0
    var scale = Ratio()
    for layer in flattened {
      let before = scale.value
      layer.rescale(&scale)
      let after = scale.value
      switch layer {
      case .convolution(_, _, _, let kernel, _, let padding, _, let dilation):
        radius += Double(Self.reach(Layer.span(kernel, dilation), padding)) * before
      case .transposedConvolution(_, _, _, let kernel, _, let padding, _):
        radius += Double(Self.reach(kernel, padding)) * after
      // To the next pixel before it, and from the first of a pair of its own to the second.
      case .resizeConvolution: radius += before + after
      // Pixels of one cell share it, or are it: as far as from its first to its last.
      case .upsample(let factor), .shuffle(let factor): radius += Double(factor.plus(-1)) * after
      case .unshuffle(let factor): radius += Double(factor.plus(-1)) * before
      case .instanceNorm, .relu, .sigmoid, .residual: break
      }
    }
    return Int(min(radius.rounded(.up), 1e9))
  }

  /// The size of the network's raw output for any input size: 37x53 gives 40x56 from two halvings.
  ///
  /// - Parameters:
  ///   - height: the input's height in pixels.
  ///   - width: the input's width in pixels.
  /// - Returns: the output's height and width; an `unshuffle` counts sizes that its factor does not divide as padded up.
  public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
    flattened.reduce((height: height, width: width)) { size, layer in
      (height: layer.outputSide(size.height), width: layer.outputSide(size.width))
    }
  }

  /// Multiply-adds of the convolutions per pixel of input.
  public var multiplyAddsPerPixel: Double {
    var total = 0.0
    var scale = Ratio()
    for layer in flattened {
      let before = scale.value
      layer.rescale(&scale)
      switch layer {
      case .convolution(_, let input, let output, let kernel, _, _, let groups, _):
        let taps = Double(input) / Double(max(1, groups)) * Double(kernel) * Double(kernel)
        total += taps * Double(output) / (scale.value * scale.value)
      case .transposedConvolution(_, let input, let output, let kernel, _, _, _):
        total += Double(input) * Double(output) * Double(kernel) * Double(kernel) / (before * before)
      case .resizeConvolution(_, let input, let output):
        total += Double(input) * Double(output) * 9 / (scale.value * scale.value)
      default: break
      }
    }
    return total
  }

  /// Bytes of f32 activations alive at once per pixel of input, at the layer where they are most, in an engine that runs one layer after
  /// another: the layer's input and output, a padded copy of the input where it pads, and what enclosing residuals keep.
  public var peakBytesPerPixel: Int {
    var walk = MemoryWalk()
    walk.run(layers)
    return Int(min((walk.peak * 4).rounded(.up), 1e15))
  }

  /// All layers in the order in which they run, residuals replaced by what they hold.
  var flattened: [Layer] { layers.flatMap(\.flattened) }

  /// How far a kernel reaches to its farther side.
  private static func reach(_ kernel: Int, _ padding: Int) -> Int { max(padding, kernel.plus(-1).plus(padding.times(-1))) }

  private static func fit(_ layers: [Layer], side: Int) -> Bool {
    var side = side
    for layer in layers {
      if case .convolution(_, _, _, let kernel, _, let padding, _, let dilation) = layer {
        guard padding < side, side.plus(padding.times(2)) >= Layer.span(kernel, dilation) else { return false }
      }
      if case .resizeConvolution = layer, side < 2 { return false }
      side = layer.outputSide(side)
    }
    return true
  }
}

/// Follows how many values per input pixel are alive.
private struct MemoryWalk {
  var channels = 3.0
  var scale = Ratio()
  var kept = 0.0
  var peak = 0.0

  private var live: Double { channels / (scale.value * scale.value) }

  mutating func run(_ layers: [Layer]) {
    for layer in layers {
      let before = live
      if case .residual(let inner) = layer {
        kept += before
        run(inner)
        // f(x), the sum, and x, which `kept` still counts.
        peak = max(peak, kept + live * 2)
        kept -= before
        continue
      }
      layer.rescale(&scale)
      channels = layer.outputChannels(of: channels)
      var copy = 0.0
      if case .convolution(_, _, _, _, _, let padding, _, _) = layer, padding > 0 { copy = before }
      if case .resizeConvolution = layer {
        // The convolution's output is put in order into a tensor of its own.
        copy = before
        peak = max(peak, kept + live * 2)
      }
      peak = max(peak, kept + before + copy + live)
    }
  }
}
