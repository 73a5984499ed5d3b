internal import Engine
internal import Imaging
internal import StyleNetworks

/// Large pictures in tiles without seams: each tile sees as far around itself as the network does, and all are normalised by the statistics of the
/// picture as a whole, taken once before.
extension Stylizer {
  /// The side of the samples from which the statistics of pictures too large for one pass are taken.
  private static let sampleSide = 512

  /// Bytes that the network needs for one pixel, with what the engine adds in reordered copies.
  private var bytesPerPixel: Int { max(1, network.architecture.peakBytesPerPixel * 8 / 5) }

  private func fitsWhole(_ pixels: Int, _ budget: MemoryBudget) -> Bool {
    pixels <= budget.whole / bytesPerPixel
  }

  /// Bytes that a picture needs in one piece.
  func bytes(for image: ImageBuffer) -> Int {
    let size = padded(image)
    return size.width * size.height * bytesPerPixel
  }

  /// Bytes that a tile needs of which no more than what the network must have is kept.
  var bytesOfSmallestTile: Int {
    let side = network.architecture.minimumSide + 2 * halo
    return side * side * bytesPerPixel
  }

  /// The tiles' side, or nil where the picture is to be run whole.
  func tileSide(for image: ImageBuffer, _ budget: MemoryBudget) -> Int? {
    let size = padded(image)
    return tileSide(width: size.width, height: size.height, budget)
  }

  /// The same for a size that the network divides evenly.
  func tileSide(width: Int, height: Int, _ budget: MemoryBudget) -> Int? {
    switch options.tiling {
    case .off: return nil
    case .side(let side): return side < max(width, height) ? side : nil
    case .auto:
      if fitsWhole(width * height, budget) { return nil }
      let side = Double(budget.tiles / bytesPerPixel).squareRoot()
      return max(network.architecture.minimumSide, Int(side) - 2 * halo)
    }
  }

  /// How many of a clip's frames of a size are painted at once: as many as the engine gains by, and memory allows for what the network sees of them.
  func painters(width: Int, height: Int) -> Int {
    let strokes = options.strokeSize.factor(width: width, height: height, ofClip: true)
    let canvas = StrokeSize.canvas(width: width, height: height, strokes: strokes)
    return max(1, min(network.concurrency, memory.now.whole / bytesPerPixel / max(1, canvas.width * canvas.height)))
  }

  /// How far a tile must see beyond itself, a multiple of the network's step so that tiles meet on its grid.
  private var halo: Int {
    let multiple = network.architecture.multiple
    return (network.architecture.receptiveRadius + multiple - 1) / multiple * multiple
  }

  func inTiles(
    _ image: ImageBuffer, side: Int, _ budget: MemoryBudget, progress: (Double) throws -> Void
  ) throws -> ImageBuffer {
    let multiple = network.architecture.multiple
    let step = max(multiple, side / multiple * multiple)
    let size = padded(image)
    let statistics = try statistics(of: image, size: size, budget)
    var result = ImageBuffer(width: image.width, height: image.height, depth: image.depth)
    let columns = Array(stride(from: 0, to: image.width, by: step))
    let rows = Array(stride(from: 0, to: image.height, by: step))
    var done = 0
    for y in rows {
      for x in columns {
        // At the picture's own border the network pads by itself, as it does on a whole picture.
        let left = max(0, x - halo)
        let top = max(0, y - halo)
        let region = PixelRegion(
          x: left, y: top, width: widened(min(size.width, x + step + halo) - left, from: left, within: size.width),
          height: widened(min(size.height, y + step + halo) - top, from: top, within: size.height))
        let tile = try network.stylize(image.extracting(region), statistics: statistics)
        let core = PixelRegion(
          x: x - left, y: y - top, width: min(step, image.width - x), height: min(step, image.height - y))
        result.paste(core, of: tile, atX: x, y: y)
        done += 1
        try progress(Double(done) / Double(rows.count * columns.count))
      }
    }
    return result
  }

  /// A strip at the far border may be too thin for the network's padding: it reaches back for more.
  private func widened(_ length: Int, from start: Int, within total: Int) -> Int {
    max(length, min(network.architecture.minimumSide, total - start))
  }

  /// The statistics of the whole picture where it fits in memory, else of samples in its own resolution spread evenly over it.
  private func statistics(
    of image: ImageBuffer, size: (width: Int, height: Int), _ budget: MemoryBudget
  ) throws -> NormStatistics {
    if fitsWhole(size.width * size.height, budget) {
      return try network.statistics(
        of: [
          image.extracting(PixelRegion(x: 0, y: 0, width: size.width, height: size.height))
        ], margin: 0)
    }
    let multiple = network.architecture.multiple
    let pixels = budget.tiles / bytesPerPixel
    let most = budget.isStrict ? min(Stylizer.sampleSide, Int(Double(pixels).squareRoot())) : Stylizer.sampleSide
    let side = 2 * halo + max(network.architecture.minimumSide, (most - 2 * halo) / multiple * multiple)
    let count = Double(max(budget.isStrict ? 1 : 4, pixels / (side * side)))
    let columns = max(1, min(Int(count), Int((count * Double(image.width) / Double(image.height)).squareRoot())))
    let rows = max(1, Int(count) / columns)
    var samples: [ImageBuffer] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let x = (2 * column + 1) * image.width / (2 * columns) - side / 2
        let y = (2 * row + 1) * image.height / (2 * rows) - side / 2
        samples.append(image.extracting(PixelRegion(x: x, y: y, width: side, height: side)))
      }
    }
    return try network.statistics(of: samples, margin: halo)
  }
}
