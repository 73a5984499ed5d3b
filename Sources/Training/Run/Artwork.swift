internal import Foundation
internal import Imaging
internal import Media
internal import Torch

/// The painting that is learnt.
struct Artwork: Sendable {
  let image: ImageBuffer
  /// Of the file.
  let sha256: String

  /// Reads the painting, cuts it, and scales it so that its shorter side is the recipe's size times the stroke size.
  ///
  /// - Throws: `MediaError` for a file that is no picture; `TrainingError.unusablePainting`.
  init(_ configuration: TrainingConfiguration) throws {
    let path = configuration.painting
    let style = configuration.recipe.style
    let shorter = Double(style.size) * configuration.strokeSize
    var problem: String?
    var factor = 1.0
    var picture = try Picture(contentsOf: path) { width, height in
      let crop = configuration.crop ?? StyleCrop(x: 0, y: 0, width: width, height: height)
      if crop.x < 0 || crop.y < 0 || crop.width < 1 || crop.height < 1 || crop.x > width - crop.width
        || crop.y > height - crop.height
      {
        problem = "the crop does not lie within its \(width)x\(height) pixels"
      } else if min(crop.width, crop.height) < 32 {
        problem = "it has \(crop.width)x\(crop.height) pixels; 32 are the least that have a style"
      }
      guard problem == nil else { return (width: 16, height: 16) }
      factor = shorter / Double(min(crop.width, crop.height))
      // A small part is enlarged by itself: the whole may not fit anywhere at that size.
      if configuration.crop != nil, factor > 1 { return (width: width, height: height) }
      return (width: max(16, Int((Double(width) * factor).rounded())), height: max(16, Int((Double(height) * factor).rounded())))
    }.image.inEightBits()
    if let problem { throw TrainingError.unusablePainting(path: path, reason: problem) }
    if let crop = configuration.crop {
      func scaled(_ value: Int) -> Int { Int((Double(value) * factor).rounded()) }
      if factor > 1 {
        picture = picture.extracting(PixelRegion(x: crop.x, y: crop.y, width: crop.width, height: crop.height))
          .resized(width: scaled(crop.width), height: scaled(crop.height))
      } else {
        picture = picture.extracting(
          PixelRegion(x: scaled(crop.x), y: scaled(crop.y), width: scaled(crop.width), height: scaled(crop.height)))
      }
    }
    if style.centre {
      let side = min(picture.width, picture.height)
      picture = picture.extracting(
        PixelRegion(x: (picture.width - side) / 2, y: (picture.height - side) / 2, width: side, height: side))
    }
    guard picture.pixels <= 64_000_000 else {
      throw TrainingError.unusablePainting(
        path: path,
        reason: "scaled for training it has \(picture.width)x\(picture.height) pixels; give a smaller --stroke-size or a crop")
    }
    let least = [
      ("regularity", configuration.recipe.comparesRegularity, RegularityLoss.leastSide),
      ("coherence", configuration.recipe.coherence > 0, CoherenceLoss.leastSide),
      ("palette", configuration.recipe.palette > 0, PaletteLoss.leastSide),
    ]
    for (term, isWanted, side) in least where isWanted && min(picture.width, picture.height) < side {
      throw TrainingError.unusablePainting(
        path: path,
        reason: "scaled for training it has \(picture.width)x\(picture.height) pixels, and \(term) wants "
          + "\(side) a side; give a larger style.size in the recipe, or --stroke-size")
    }
    image = picture
    sha256 = try SHA256.digest(readFile(path))
  }
}

extension Tensor {
  /// Pictures of one size, 8 bits, as [N, 3, H, W] in 0…1, f32.
  static func pictures(_ images: [ImageBuffer], device: Device) throws(TorchError) -> Tensor {
    guard let first = images.first else { throw TorchError.failed(call: "from_blob", reason: "no pictures") }
    let pixels = try Tensor(
      copying: images.flatMap(\.bytes), shape: [images.count, first.height, first.width, 3], type: .uint8, device: device)
    let planes = try pixels.permuted([0, 3, 1, 2]).to(.float32, on: device)  // [N, 3, H, W]
    try planes.scaleInPlace(by: 1.0 / 255)
    return planes
  }

  /// One of [N, 3, H, W] in about 0…1 as a picture of 8 bits, clamped and rounded.
  func picture(_ index: Int) throws -> ImageBuffer {
    let one = try narrowed(dimension: 0, start: index, length: 1).copied()  // [1, 3, H, W]
    try one.scaleInPlace(by: 255)
    try one.clampInPlace(0...255)
    try one.roundInPlace()
    let pixels = try one.permuted([0, 2, 3, 1]).to(.uint8)  // [1, H, W, 3]
    let shape = try pixels.shape()
    return try ImageBuffer(width: shape[2], height: shape[1]) { try pixels.copy(to: $0) }
  }
}
