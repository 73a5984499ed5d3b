public import Engine
public import Imaging
internal import StyleNetworks

/// Lays one style on pictures of any size. The result has exactly the picture's size.
public struct Stylizer: Sendable {
  /// The network, ready to run.
  public let network: any NetworkRunner
  /// How the style is laid on.
  public let options: StylizationOptions
  /// Where it is laid on; nil is everywhere.
  public let mask: StyleMask?
  /// How much memory may be taken.
  var memory = SharedBudget()

  /// Lays a style on pictures.
  public init(network: any NetworkRunner, options: StylizationOptions = StylizationOptions(), mask: StyleMask? = nil) {
    self.network = network
    self.options = options
    self.mask = mask
  }

  /// Stylizes a picture.
  ///
  /// - Parameters:
  ///   - image: the picture.
  ///   - progress: hears the share done, 0…1, and may throw to stop between tiles.
  ///   - warn: hears that memory ran out and what was done about it.
  /// - Throws: `StylizationError`; what the engine throws.
  public func stylize(
    _ image: ImageBuffer, progress: (Double) throws -> Void = { _ in }, warn: (String) -> Void = { _ in }
  ) throws -> ImageBuffer {
    guard options.strength > 0 else { return image }
    let strokes = options.strokeSize.factor(width: image.width, height: image.height)
    let styled = try painted(image, strokes: strokes, warn, progress)
    try progress(1)
    return mixed(styled, over: image, strength: options.strength, preservingColor: options.preserveColor, mask: mask)
  }

  /// Stylizes a clip's frame, all of it: the mask comes after the stabiliser, which then sees the same strokes on both of its sides.
  func stylizeFrame(_ image: ImageBuffer, warn: (String) -> Void = { _ in }) throws -> ImageBuffer {
    guard options.strength > 0 else { return image }
    let strokes = options.strokeSize.factor(width: image.width, height: image.height, ofClip: true)
    let styled = try painted(image, strokes: strokes, warn) { _ in }
    return mixed(styled, over: image, strength: options.strength, preservingColor: options.preserveColor, mask: nil)
  }

  /// Whether frames of a size go to the network as they are coded: where they are painted whole, in their own size, and nothing is laid over them.
  func takesPlanes(width: Int, height: Int) -> Bool {
    let multiple = network.architecture.multiple
    guard network.takesPlanes, options.strength == 1, !options.preserveColor, mask == nil,
      options.strokeSize.factor(width: width, height: height, ofClip: true) == 1,
      width % multiple == 0, height % multiple == 0, min(width, height) >= network.architecture.minimumSide
    else { return false }
    return tileSide(width: width, height: height, memory.now) == nil
  }

  /// Stylizes a clip's frame as it is coded; nil for one that has to be RGB, where memory ended too.
  func stylizeFrame(_ image: PlanarImage) throws -> PlanarImage? {
    do { return try network.stylize(image) } catch EngineError.outOfMemory { return nil }
  }

  /// A frame as it is to be shown, where the mask has black from its source.
  func masked(_ shown: ImageBuffer, over source: ImageBuffer) -> ImageBuffer {
    mixed(shown, over: source, strength: 1, preservingColor: false, mask: mask)
  }

  /// The painting in the picture's own size, whatever size it is painted in.
  private func painted(
    _ image: ImageBuffer, strokes: Double, _ warn: (String) -> Void, _ progress: (Double) throws -> Void
  ) throws -> ImageBuffer {
    let size = StrokeSize.canvas(width: image.width, height: image.height, strokes: strokes)
    guard size != (image.width, image.height) else { return try painted(image, warn, progress) }
    let limit = StrokeSize.largestCanvas
    guard strokes > 1 || size.width * size.height <= limit else {
      throw StylizationError.strokesTooSmall(width: size.width, height: size.height, limit: limit)
    }
    let painting = try painted(image.resized(width: size.width, height: size.height), warn, progress)
    return painting.sharpened(by: StrokeSize.sharpening(strokes: strokes)).resized(width: image.width, height: image.height)
  }

  /// Whole or in tiles; where memory ends and nobody has said how, in smaller tiles.
  private func painted(
    _ image: ImageBuffer, _ warn: (String) -> Void, _ progress: (Double) throws -> Void
  ) throws -> ImageBuffer {
    while true {
      let budget = memory.now
      do {
        guard let side = tileSide(for: image, budget) else { return try whole(image) }
        return try inTiles(image, side: side, budget, progress: progress)
      } catch EngineError.outOfMemory(let engine) {
        let room = memory.shrink(from: budget, needed: bytes(for: image), least: bytesOfSmallestTile)
        guard options.tiling == .auto, room.again else { throw EngineError.outOfMemory(engine: engine) }
        guard room.changed, let side = tileSide(for: image, memory.now) else { continue }
        warn("memory ran out; \(image.width)x\(image.height) is painted in tiles of \(side) pixels")
      }
    }
  }

  /// The size that the network runs at: the picture's, enlarged to what the network divides evenly.
  func padded(_ image: ImageBuffer) -> (width: Int, height: Int) {
    network.architecture.paddedSize(width: image.width, height: image.height)
  }

  private func whole(_ image: ImageBuffer) throws -> ImageBuffer {
    let size = padded(image)
    let input =
      size == (image.width, image.height)
      ? image : image.extracting(PixelRegion(x: 0, y: 0, width: size.width, height: size.height))
    return try network.stylize(input, statistics: nil).cropped(width: image.width, height: image.height)
  }
}
