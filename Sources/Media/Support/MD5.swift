internal import CFFmpeg

/// Digests by MD5, for formats that name contents so; FFmpeg's implementation.
public enum MD5 {
  /// The digest, 16 bytes.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    av_md5_sum(&digest, bytes, bytes.count)
    return digest
  }
}
