public import Imaging
public import StyleNetworks

/// Something that runs style networks: LibTorch, OpenVINO, …
public protocol InferenceEngine: Sendable {
  /// The name by which a user picks it: `torch`, `openvino`.
  static var name: String { get }
  /// The library's version, or why it cannot be used here.
  static func version() throws -> String
  /// Builds a network from its description.
  static func prepare(_ network: StyleNetwork, options: EngineOptions) throws -> any NetworkRunner
}

/// How a network is to be run.
public struct EngineOptions: Sendable, Hashable {
  /// Where to compute.
  public enum Device: String, Sendable, CaseIterable { case auto, cpu, cuda, mps }
  /// The arithmetic.
  public enum Precision: String, Sendable, CaseIterable { case auto, f32, bf16 }

  /// What is to be quick.
  public enum Goal: Sendable, Hashable {
    /// One picture: all threads compute on it.
    case latency
    /// Many pictures: several at once, with fewer threads each, which need not wait for one another.
    case throughput
  }

  /// Where to compute; `auto` takes a GPU that is there.
  public var device: Device
  /// The arithmetic; `auto` is what the engine does best without visible loss.
  public var precision: Precision
  /// Threads on the CPU; nil leaves it to the engine.
  public var threads: Int?
  /// What is to be quick.
  public var goal: Goal

  /// How a network is to be run.
  public init(device: Device = .auto, precision: Precision = .auto, threads: Int? = nil, goal: Goal = .latency) {
    self.device = device
    self.precision = precision
    self.threads = threads
    self.goal = goal
  }
}

/// A network made ready to run by an engine.
public protocol NetworkRunner: Sendable {
  /// The network's description.
  var architecture: Architecture { get }
  /// How many pictures are worth painting at once, on as many threads of the caller's.
  var concurrency: Int { get }

  /// Runs the network on numbers: [N, 3, H, W] in 0…1 to [N, 3, H', W'], 1.0 being white, not clamped.
  func forward(_ batch: Batch) throws -> Batch

  /// Runs the network on a picture; the result has the network's own output size, which equals the input's where that is a multiple of
  /// `architecture.multiple`. Instance statistics come from the picture, or are given.
  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) throws -> ImageBuffer

  /// Whether pictures may come as codecs keep them, their colours being computed where the network is.
  var takesPlanes: Bool { get }

  /// Runs the network on a picture as codecs keep it; nil for one that can only be painted as RGB, such as one with sides that are no multiples of
  /// `architecture.multiple`.
  func stylize(_ image: PlanarImage) throws -> PlanarImage?

  /// Seconds for which a device with memory of its own computes on a picture of a size, without the copies there and back, the mean of many; nil where
  /// there is no such device.
  func deviceSeconds(width: Int, height: Int, repetitions: Int) throws -> Double?

  /// The instance statistics of several pictures of one size, taken together as if they were one picture. `margin` pixels on each side are seen but
  /// not counted.
  func statistics(of patches: [ImageBuffer], margin: Int) throws -> NormStatistics
}

extension NetworkRunner {
  /// Nil: pictures are where the engine computes.
  public func deviceSeconds(width: Int, height: Int, repetitions: Int) throws -> Double? { nil }

  /// No: the engine paints RGB.
  public var takesPlanes: Bool { false }

  /// Nil: the engine paints RGB.
  public func stylize(_ image: PlanarImage) throws -> PlanarImage? { nil }

  /// One: the engine has all its threads on each picture.
  public var concurrency: Int { 1 }
}

/// Numbers in NCHW order.
public struct Batch: Sendable, Equatable {
  /// [N, C, H, W].
  public let shape: [Int]
  /// Row-major.
  public let values: [Float]

  /// Numbers in NCHW order.
  public init(shape: [Int], values: [Float]) {
    self.shape = shape
    self.values = values
  }
}

/// What each instance normalisation of a network subtracts and divides by.
public struct NormStatistics: Sendable, Equatable {
  /// One normalisation layer's statistics.
  public struct LayerStatistics: Sendable, Equatable {
    /// [C].
    public let mean: [Float]
    /// [C], biased.
    public let variance: [Float]

    /// One normalisation layer's statistics.
    public init(mean: [Float], variance: [Float]) {
      self.mean = mean
      self.variance = variance
    }
  }

  /// In the order in which the network meets them.
  public let layers: [LayerStatistics]

  /// Statistics in the order in which the network meets them.
  public init(layers: [LayerStatistics]) {
    self.layers = layers
  }
}
