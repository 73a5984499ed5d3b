import Imaging

/// Pictures of one size side by side, each with two lines below it.
struct ContactSheet {
  /// One picture with its label.
  struct Cell {
    var image: ImageBuffer
    var name: String
    var about: String
  }

  var cells: [Cell] = []

  private static let paper: UInt8 = 246

  /// The sheet, about three wide for two high; empty without cells.
  func render() -> ImageBuffer {
    guard let first = cells.first?.image else { return ImageBuffer(width: 1, height: 1) }
    let (width, height) = (first.width, first.height)
    let dot = max(1, width / 220)
    let margin = 6 * dot
    let label = 3 * margin + 2 * BitmapFont.height * dot
    let across = (Double(cells.count * (height + label)) * 1.5 / Double(width)).squareRoot()
    let columns = max(1, min(cells.count, Int(across.rounded())))
    let rows = (cells.count + columns - 1) / columns
    var sheet = ImageBuffer(width: margin + columns * (width + margin), height: margin + rows * (height + label)) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: Self.paper)
    }
    for (index, cell) in cells.enumerated() {
      let x = margin + index % columns * (width + margin)
      let y = margin + index / columns * (height + label)
      sheet.paste(PixelRegion(x: 0, y: 0, width: width, height: height), of: cell.image, atX: x, y: y)
      let line = y + height + margin
      BitmapFont.draw(cell.name, on: &sheet, x: x, y: line, width: width, dot: dot)
      BitmapFont.draw(cell.about, on: &sheet, x: x, y: line + (BitmapFont.height + 2) * dot, width: width, dot: dot)
    }
    return sheet
  }
}
