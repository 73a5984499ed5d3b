internal import Imaging

/// Keeps a few small pictures of a clip, and its middle frame whole.
struct Illustrator {
  /// For each output.
  private(set) var illustrations: [EvaluationCase.Illustration]
  /// The middle frame, for what is measured on a single one.
  private(set) var middle: (source: ImageBuffer, outputs: [ImageBuffer])?
  private let step: Int
  private let half: Int
  private let isWanted: Bool
  private var count = 0

  private static let pictures = 5
  private static let height = 160

  init(total: Int, outputs: Int, isWanted: Bool) {
    illustrations = outputs == 0 ? [] : (0..<outputs).map { _ in EvaluationCase.Illustration() }
    step = max(1, total / Illustrator.pictures)
    half = total / 2
    self.isWanted = isWanted
  }

  mutating func add(_ source: ImageBuffer, _ outputs: [ImageBuffer]) {
    defer { count += 1 }
    // A clip that is shorter than it says has its first frame in the middle's place.
    if count == 0 || count == half { middle = (source, outputs) }
    guard isWanted, count % step == 0, count / step < Illustrator.pictures else { return }
    let small = Illustrator.thumbnail(source)
    for (index, output) in outputs.enumerated() {
      illustrations[index].sources.append(small)
      illustrations[index].outputs.append(Illustrator.thumbnail(output))
    }
  }

  /// A picture no higher than a contact sheet's row.
  static func thumbnail(_ picture: ImageBuffer) -> ImageBuffer {
    let small = picture.inEightBits()
    guard small.height > height else { return small }
    return small.resampled(width: max(1, small.width * height / small.height), height: height, filter: .bilinear)
  }
}
