public import Imaging

/// What one output of one source is worth.
public struct EvaluationCase: Sendable, Codable {
  /// What was painted.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// A clip with estimated flow.
    case clip
    /// A camera's movement over a still, with exact flow.
    case synthetic
    /// Two frames whose flow was measured.
    case middlebury
    /// A still picture.
    case picture
  }

  /// Small pictures for a report.
  public struct Illustration: Sendable {
    /// Of the source, in time.
    public var sources: [ImageBuffer] = []
    /// Of the output at the same places.
    public var outputs: [ImageBuffer] = []
  }

  /// What was painted.
  public var kind: Kind
  /// The source's file or name.
  public var source: String
  /// The model's name or the output's file.
  public var output: String
  /// A picture's scores, or those of a clip's middle frame.
  public var picture: PictureScores?
  /// A clip's scores.
  public var clip: ClipScores?
  /// Small pictures for a report; not part of the JSON.
  public var illustration = Illustration()

  private enum CodingKeys: String, CodingKey { case kind, source, output, picture, clip }

  /// What cases of a kind are ordered by, the worst being the largest: the energy that painting adds to a clip, a picture's worst tiles, or
  /// its lattice where no artwork was given.
  public var badness: Double {
    if kind == .picture { return picture?.styleTiles ?? picture?.checkerboard?.period4 ?? -1 }
    return clip?.excess ?? -1
  }
}

/// All that was judged.
public struct EvaluationReport: Sendable, Codable {
  /// Something that could not be judged.
  public struct Problem: Sendable, Codable {
    /// The source's file or name.
    public var source: String
    /// One sentence.
    public var reason: String

    /// Something that could not be judged.
    public init(source: String, reason: String) {
      self.source = source
      self.reason = reason
    }
  }

  /// The painting whose style was meant.
  public var style: String?
  /// Frames of a clip that were looked at, at most.
  public var frames: Int
  /// By kind, the worst first.
  public private(set) var cases: [EvaluationCase] = []
  /// What could not be judged.
  public var problems: [Problem] = []

  /// An empty report.
  public init(style: String?, frames: Int) {
    self.style = style
    self.frames = frames
  }

  /// Puts a case where it belongs.
  public mutating func add(_ result: EvaluationCase) {
    cases.append(result)
    let order = EvaluationCase.Kind.allCases
    func rank(_ one: EvaluationCase) -> Int { order.firstIndex(of: one.kind) ?? 0 }
    // Stable: equals stay as they came.
    cases = cases.enumerated().sorted { a, b in
      let (x, y) = (rank(a.element), rank(b.element))
      if x != y { return x < y }
      return a.element.badness == b.element.badness ? a.offset < b.offset : a.element.badness > b.element.badness
    }.map(\.element)
  }
}

/// What a running evaluation tells.
public enum EvaluationEvent: Sendable {
  /// How many sources there are.
  case started(sources: Int)
  /// A source is being painted and measured; frames of a clip that are done.
  case progress(source: String, frames: Int, of: Int?)
  /// A source is done: a case for each model, or one for a pair.
  case measured([EvaluationCase])
  /// A source could not be judged; the others go on.
  case failed(source: String, any Error)
  /// All is done.
  case finished
}
