public import Engine
public import Imaging
internal import StyleNetworks

/// Lays one style on pictures of any size. The result has exactly the picture's size.
public struct Stylizer: Sendable {
  /// The network, ready to run.
  public let network: any NetworkRunner
  /// How the style is laid on.
  public let options: StylizationOptions
  /// How much memory may be taken.
  var budget = MemoryBudget()

  /// Lays a style on pictures.
  public init(network: any NetworkRunner, options: StylizationOptions = StylizationOptions()) {
    self.network = network
    self.options = options
  }

  /// Stylizes a picture. `progress` hears the share done, 0…1, and may throw to stop between tiles.
  public func stylize(_ image: ImageBuffer, progress: (Double) throws -> Void = { _ in }) throws -> ImageBuffer {
    guard options.strength > 0 else { return image }
    let styled =
      switch tileSide(for: image) {
      case .some(let side): try inTiles(image, side: side, progress: progress)
      case .none: try whole(image)
      }
    try progress(1)
    return mixed(styled, over: image)
  }

  /// The size that the network runs at: the picture's, enlarged to what the network divides evenly.
  func padded(_ image: ImageBuffer) -> (width: Int, height: Int) {
    let multiple = network.architecture.multiple
    let least = network.architecture.minimumSide
    func up(_ side: Int) -> Int { (max(side, least) + multiple - 1) / multiple * multiple }
    return (up(image.width), up(image.height))
  }

  private func whole(_ image: ImageBuffer) throws -> ImageBuffer {
    let size = padded(image)
    let input =
      size == (image.width, image.height)
      ? image : image.extracting(PixelRegion(x: 0, y: 0, width: size.width, height: size.height))
    return try network.stylize(input, statistics: nil).cropped(width: image.width, height: image.height)
  }
}
