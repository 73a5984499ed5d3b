/// What a job reports while it works.
public enum StylizationEvent: Sendable {
  /// Work begins. `frames` is nil where the source does not say how many there are; a picture has none.
  case started(input: String, output: String, width: Int, height: Int, frames: Int?)
  /// How far a picture is (share 0…1), or a clip (frames done, of a total where known).
  case progress(share: Double?, frames: Int)
  /// Something of the source could not be kept.
  case warning(String)
  /// Parts of the source were damaged or missing and are not in the output.
  case damaged(String)
  /// The output is there.
  case finished(output: String, frames: Int, seconds: Double)
}
