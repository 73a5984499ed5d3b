public import Imaging

/// A still picture with all that belongs to it. Upright: EXIF's orientation is applied when it is read.
public struct Picture: Sendable {
  /// The colours.
  public var image: ImageBuffer
  /// Opacity, one sample a pixel of the image's depth, in the machine's byte order; nil where all is opaque.
  public var alpha: [UInt8]?
  /// What describes the picture.
  public var metadata: PictureMetadata

  /// A still picture.
  public init(image: ImageBuffer, alpha: [UInt8]? = nil, metadata: PictureMetadata = PictureMetadata()) {
    self.image = image
    self.alpha = alpha
    self.metadata = metadata
  }
}

/// What describes a picture and is carried from input to output.
public struct PictureMetadata: Sendable, Equatable {
  /// An ICC profile for RGB.
  public var profile: [UInt8]?
  /// An EXIF block (a TIFF structure), its orientation upright and without a thumbnail of the old picture.
  public var exif: [UInt8]?
  /// PNG's own describing chunks (gamma, resolution, texts), for PNG outputs.
  public var chunks: [PNGChunk] = []

  /// Nothing.
  public init() {}
}

/// The formats of still pictures.
public enum PictureFormat: String, Sendable, CaseIterable {
  case jpeg, png, webp, tiff, bmp

  /// The format that a file name's extension asks for, of those that can be written: JPEG, PNG, WebP.
  public init?(outputPath path: String) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "jpg", "jpeg", "jpe": self = .jpeg
    case "png": self = .png
    case "webp": self = .webp
    default: return nil
    }
  }

  /// The format by a file's first bytes; an animated PNG is a clip, not a picture.
  public init?(bytes: some RandomAccessCollection<UInt8>) {
    let head = Array(bytes.prefix(16))
    func starts(_ magic: [UInt8], at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: magic) }
    if starts([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if starts(PNGChunk.signature) {
      self = .png
    } else if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) {
      self = .webp
    } else if starts([0x49, 0x49, 0x2A, 0]) || starts([0x4D, 0x4D, 0, 0x2A]) {
      self = .tiff
    } else if starts(Array("BM".utf8)) {
      self = .bmp
    } else {
      return nil
    }
  }
}
