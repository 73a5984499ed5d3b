public import Imaging
internal import Media

/// A picture to log.
public struct TrackedImage: Sendable {
  private enum Content: Sendable {
    case png([UInt8])
    case pixels(ImageBuffer)
  }

  private let content: Content
  /// A line about it.
  public let caption: String
  /// Where the same bytes lie as a file already, if they do.
  let path: String?

  /// A picture that is encoded later, off the caller's thread.
  public init(_ image: ImageBuffer, caption: String = "") {
    content = .pixels(image)
    self.caption = caption
    path = nil
  }

  /// A PNG file's bytes.
  ///
  /// - Parameters:
  ///   - png: the bytes.
  ///   - caption: what stands below the picture.
  ///   - path: where they lie as a file already, so that trackers which can name that file write no other.
  public init(png: [UInt8], caption: String = "", path: String? = nil) {
    content = .png(png)
    self.caption = caption
    self.path = path
  }

  /// Bytes that it keeps in memory.
  var size: Int {
    switch content {
    case .png(let bytes): bytes.count
    case .pixels(let image): image.bytes.count
    }
  }

  /// The picture as PNG, with its checksum.
  func encoded(key: String) throws(TrackingError) -> EncodedImage {
    do {
      let png: [UInt8]
      switch content {
      case .png(let bytes): png = bytes
      case .pixels(let image):
        var warnings: [String] = []
        png = try Picture(image: image).encoded(as: .png, path: key, warnings: &warnings)
      }
      // The header chunk comes first (PNG, 11.2.2): its width and height are at 16 and 20.
      guard png.count > 24, png.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
        throw TrackingError.image(key: key, reason: "it is no PNG file")
      }
      func number(_ offset: Int) -> Int { png[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
      return EncodedImage(
        png: png, width: number(16), height: number(20), sha256: try SHA256.digest(png), caption: caption, path: path)
    } catch let error as TrackingError {
      throw error
    } catch {
      throw .image(key: key, reason: "\(error)")
    }
  }
}

/// A picture as PNG.
public struct EncodedImage: Sendable, Equatable {
  /// The file's bytes.
  public let png: [UInt8]
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Of the bytes, in hexadecimal.
  public let sha256: String
  /// A line about it.
  public let caption: String
  /// Where the same bytes lie as a file already, if they do.
  public let path: String?
}
