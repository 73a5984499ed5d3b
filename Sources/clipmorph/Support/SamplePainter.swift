import Engine
import Imaging
import Media
import StyleNetworks
import Stylization

/// Makes the small pictures that style files carry.
struct SamplePainter {
  private let stylizer: Stylizer

  init(network: StyleNetwork) throws {
    stylizer = Stylizer(network: try EngineChoice.auto.prepare(network, options: EngineOptions()))
  }

  /// A photograph painted in the style, as large as fits into a sample's bytes.
  func sample(of photograph: String) throws -> SamplePicture {
    // Strokes look as on a whole picture when it is painted larger than it is shown.
    let painting = try stylizer.stylize(Picture(contentsOf: photograph, longerSide: 640).image.inEightBits())
    var warnings: [String] = []
    for side in stride(from: 320, through: 64, by: -32) {
      let size = scaledSize(width: painting.width, height: painting.height, longerSide: side)
      let small = painting.resized(width: size.width, height: size.height)
      let jpeg = try Picture(image: small).encoded(as: .jpeg, path: photograph, quantizer: 5, warnings: &warnings)
      if let sample = try? SamplePicture(jpeg: jpeg) { return sample }
    }
    throw MediaError.notUsable(path: photograph, reason: "no sample of it is small enough for a style file")
  }
}
