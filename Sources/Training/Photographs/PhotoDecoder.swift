internal import Foundation
internal import Imaging
internal import Media
internal import StyleNetworks

/// Makes a training picture of a file. The same file, seed and position give the same picture.
struct PhotoDecoder: Sendable {
  let settings: Recipe.Photographs
  let seed: UInt64
  /// Where shrunk copies are kept; nil keeps none.
  let cache: String?

  enum Result: Sendable {
    case picture(ImageBuffer)
    case skipped(SkipReason)
  }

  /// A square of `settings.size` pixels a side.
  ///
  /// - Parameter position: the picture's place in the order of all epochs; it seeds the crop.
  func decode(_ path: String, position: Int) -> Result {
    var generator = SplitMix64(state: SeededValues.hash("crop.\(seed).\(position)"))
    let zoom = settings.zoom > 1 ? Double.random(in: 1...settings.zoom, using: &generator) : 1
    let shorter = Int((Double(settings.size) * zoom).rounded())
    let image: ImageBuffer
    switch scaled(path, shorterSide: shorter) {
    case .skipped(let reason): return .skipped(reason)
    case .picture(let picture): image = picture
    }
    if PhotoDecoder.isGrey(image) { return .skipped(.grey) }
    let size = settings.size
    var region = PixelRegion(x: (image.width - size) / 2, y: (image.height - size) / 2, width: size, height: size)
    guard settings.vary else { return .picture(image.extracting(region)) }
    region.x = Int.random(in: 0...max(0, image.width - size), using: &generator)
    region.y = Int.random(in: 0...max(0, image.height - size), using: &generator)
    let square = image.extracting(region)
    return .picture(Bool.random(using: &generator) ? square.mirrored() : square)
  }

  private func scaled(_ path: String, shorterSide: Int) -> Result {
    guard let cache else { return PhotoDecoder.read(path, shorterSide: shorterSide) }
    // A file that changed has another name in the cache.
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let stamp = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let kept = Int((Double(settings.size) * settings.zoom).rounded(.up))
    let name = SeededValues.hash("\(path)|\(stamp)|\(attributes?[.size] ?? 0)|\(kept)")
    let copy = "\(cache)/\(String(name, radix: 16)).jpg"
    if let bytes = try? readFile(copy), case .picture(let image) = PhotoDecoder.read(copy, shorterSide: shorterSide, bytes: bytes)
    {
      return .picture(image)
    }
    let shrunk = PhotoDecoder.read(path, shorterSide: kept)
    guard case .picture(let image) = shrunk else { return shrunk }
    var warnings: [String] = []
    guard let bytes = try? Picture(image: image).encoded(as: .jpeg, path: copy, warnings: &warnings) else { return shrunk }
    // A cache that cannot be written to is no reason to stop.
    if let file = try? AtomicFile(target: copy, replace: true), (try? file.write(bytes)) != nil { try? file.commit() }
    // What the cache gives the next time.
    return PhotoDecoder.read(copy, shorterSide: shorterSide, bytes: bytes)
  }

  private static func read(_ path: String, shorterSide: Int, bytes: [UInt8]? = nil) -> Result {
    var problem: SkipReason?
    do {
      let picture = try Picture(bytes: bytes ?? readFile(path), path: path) { width, height in
        let (short, long) = (min(width, height), max(width, height))
        if short < 64 { problem = .tiny } else if long > 20 * short { problem = .narrow }
        guard problem == nil else { return (width: 16, height: 16) }
        let factor = Double(shorterSide) / Double(short)
        func side(_ length: Int) -> Int { max(shorterSide, Int((Double(length) * factor).rounded())) }
        return (width: side(width), height: side(height))
      }
      return problem.map { .skipped($0) } ?? .picture(picture.image.inEightBits())
    } catch {
      return .skipped(.unreadable)
    }
  }

  /// Whether no pixel has a colour that one could see; every seventh pixel is looked at.
  static func isGrey(_ image: ImageBuffer) -> Bool {
    image.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count - 2, by: 21) {
        let (r, g, b) = (Int(bytes[start]), Int(bytes[start + 1]), Int(bytes[start + 2]))
        if max(r, g, b) - min(r, g, b) > 6 { return false }
      }
      return true
    }
  }
}

extension ImageBuffer {
  /// Left and right exchanged; 8 bits.
  func mirrored() -> ImageBuffer {
    ImageBuffer(width: width, height: height) { target in
      withUnsafeBytes { source in
        for row in 0..<height {
          for column in 0..<width {
            let from = (row * width + column) * 3
            let to = (row * width + width - 1 - column) * 3
            for channel in 0..<3 { target[to + channel] = source[from + channel] }
          }
        }
      }
    }
  }
}
