public import Imaging

/// A model that is judged: what paints pictures with it, and what paints clips.
public struct Contestant: Sendable {
  /// A painted frame.
  public struct Frame: Sendable {
    /// As it is shown.
    public var shown: ImageBuffer
    /// As it was before flicker was taken away; nil where nothing was.
    public var unstabilized: ImageBuffer?

    /// A painted frame.
    public init(shown: ImageBuffer, unstabilized: ImageBuffer? = nil) {
      self.shown = shown
      self.unstabilized = unstabilized
    }
  }

  /// What paints the frames of one clip in order; it may remember those before.
  public typealias FramePainter = (ImageBuffer) throws -> Frame

  /// How it is called in tables.
  public var name: String
  /// Paints one picture, in its size.
  public var paint: @Sendable (ImageBuffer) throws -> ImageBuffer
  /// Begins a clip.
  public var clipPainter: @Sendable () throws -> FramePainter

  /// A model that is judged.
  public init(
    name: String, paint: @escaping @Sendable (ImageBuffer) throws -> ImageBuffer,
    clipPainter: @escaping @Sendable () throws -> FramePainter
  ) {
    self.name = name
    self.paint = paint
    self.clipPainter = clipPainter
  }
}

/// A finished file and what it was made of.
public struct EvaluationPair: Sendable {
  /// The photograph or clip.
  public var source: String
  /// The painting or painted clip.
  public var output: String
  /// The painted clip before it was steadied, or nil.
  public var unstabilized: String?

  /// A finished file and what it was made of.
  public init(source: String, output: String, unstabilized: String? = nil) {
    self.source = source
    self.output = output
    self.unstabilized = unstabilized
  }
}

/// What is judged, and by what.
public struct EvaluationPlan: Sendable {
  /// The painting whose style is meant; nil leaves style out.
  public var artwork: String?
  /// Models, which paint `photographs`, `clips` and sequences.
  public var contestants: [Contestant] = []
  /// Pictures that models paint.
  public var photographs: [String] = []
  /// Clips that models paint.
  public var clips: [String] = []
  /// Whether camera movements over the first three photographs are painted, with exactly known flow.
  public var synthetic = false
  /// A folder of frames with known flow, or nil.
  public var middlebury: String?
  /// Files that are finished.
  public var pairs: [EvaluationPair] = []
  /// Frames of a clip that are looked at, from its first.
  public var frames = 60
  /// Whether small pictures of sources and outputs are kept for a report.
  public var illustrates = false

  /// An empty plan.
  public init() {}

  /// How many things there are to judge.
  var count: Int {
    photographs.count + clips.count + pairs.count + (synthetic ? min(3, photographs.count) * CameraMotion.allCases.count : 0)
  }
}
