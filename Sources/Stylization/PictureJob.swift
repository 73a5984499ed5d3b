internal import Foundation
internal import Imaging
internal import Media

/// One picture, file to file.
public struct PictureJob: Sendable {
  /// The picture to read.
  public var input: String
  /// The file to write; its extension is the format.
  public var output: String
  /// The style.
  public var stylizer: Stylizer
  /// The longer side to scale to before painting; nil keeps the size.
  public var longerSide: Int?
  /// Whether an existing output may be replaced.
  public var replace: Bool

  /// One picture, file to file.
  public init(input: String, output: String, stylizer: Stylizer, longerSide: Int? = nil, replace: Bool = false) {
    self.input = input
    self.output = output
    self.stylizer = stylizer
    self.longerSide = longerSide
    self.replace = replace
  }

  /// Starts the work on a thread of its own; the stream ends when the output is there, or with an error and no output.
  public func run() -> AsyncThrowingStream<StylizationEvent, any Error> {
    stream { emit, isCancelled in
      let begin = Date()
      try checkOutput(output, input: input, replace: replace)
      var picture = try Picture(contentsOf: input, longerSide: longerSide)
      try PictureFormat(outputPath: output)?.checkSize(width: picture.image.width, height: picture.image.height, path: output)
      emit(.started(input: input, output: output, width: picture.image.width, height: picture.image.height, frames: nil))
      picture.image = try stylizer.stylize(picture.image) { share in
        if isCancelled() { throw CancellationError() }
        emit(.progress(share: share, frames: 0))
      } warn: {
        emit(.warning($0))
      }
      for warning in try picture.write(to: output, replace: replace) { emit(.warning(warning)) }
      emit(.finished(output: output, frames: 1, seconds: Date().timeIntervalSince(begin)))
    }
  }
}

/// Refuses an output that is the input, or is there and may not be replaced, before any work is done.
func checkOutput(_ output: String, input: String, replace: Bool) throws(MediaError) {
  guard output != "-" else { return }
  try checkOutput(output, isNoneOf: [input])
  if !replace, FileManager.default.fileExists(atPath: output) { throw MediaError.exists(path: output) }
}
