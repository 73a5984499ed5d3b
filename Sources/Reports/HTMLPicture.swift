internal import Foundation
public import Imaging
internal import Media

/// A picture that lies in a page, as JPEG.
public enum HTMLPicture {
  /// The element for a picture.
  ///
  /// - Parameter alternative: what stands in its place where pictures are not shown.
  /// - Throws: `MediaError` where it cannot be encoded.
  public static func element(_ picture: ImageBuffer, alternative: String) throws -> String {
    var warnings: [String] = []
    let bytes = try Picture(image: picture).encoded(as: .jpeg, path: alternative, warnings: &warnings)
    return "<img alt=\"\(HTMLPage.escaped(alternative))\" width=\"\(picture.width)\" height=\"\(picture.height)\""
      + " src=\"data:image/jpeg;base64,\(Data(bytes).base64EncodedString())\">"
  }
}
