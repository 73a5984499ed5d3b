internal import Imaging
internal import Torch

/// Inputs and outputs side by side: up to four photographs of a bank, always the same.
struct PreviewSheet {
  private let size: Int
  /// [N, 3, H, W] in 0…1; nil where none of the first photographs can be read.
  private let inputs: Tensor?

  init(bank: PhotoBank, settings: Recipe.Photographs, device: Device) throws {
    size = settings.size
    var settings = settings
    settings.vary = false
    settings.zoom = 1
    let decoder = PhotoDecoder(settings: settings, seed: 0, cache: nil)
    var images: [ImageBuffer] = []
    for index in bank.order(epoch: 0, seed: 0).prefix(40) where images.count < 4 {
      if case .picture(let image) = decoder.decode("\(bank.folder)/\(bank.files[index])", position: 0) { images.append(image) }
    }
    inputs = images.isEmpty ? nil : try Tensor.pictures(images, device: device)
  }

  /// The photographs and what a network makes of them; nil where there are none. One at a time: a step's memory has room for that.
  func painted(by module: StyleModule) throws -> ImageBuffer? {
    guard let inputs else { return nil }
    let count = try inputs.shape()[0]
    var sheet = ImageBuffer(width: 2 * size, height: count * size)
    for index in 0..<count {
      let whole = PixelRegion(x: 0, y: 0, width: size, height: size)
      let output = try withoutGradients { () throws(TorchError) in
        try module.forward(inputs.narrowed(dimension: 0, start: index, length: 1))  // [1, 3, H, W]
      }
      sheet.paste(whole, of: try inputs.picture(index), atX: 0, y: index * size)
      sheet.paste(whole, of: try output.picture(0), atX: size, y: index * size)
    }
    return sheet
  }
}
