internal import CFFmpeg

/// SHA-256 (FIPS 180-4) by libavutil, for telling files apart.
public enum SHA256 {
  /// The digest in hexadecimal.
  public static func digest(_ bytes: [UInt8]) throws(MediaError) -> String {
    let state = try allocated(av_sha_alloc(), "av_sha_alloc")
    defer { av_free(UnsafeMutableRawPointer(state)) }
    try check(av_sha_init(state, 256), "av_sha_init")
    bytes.withUnsafeBufferPointer { av_sha_update(state, $0.baseAddress, $0.count) }
    var digest = [UInt8](repeating: 0, count: 32)
    av_sha_final(state, &digest)
    return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
