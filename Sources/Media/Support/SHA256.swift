internal import CFFmpeg

/// SHA-256 (FIPS 180-4) by libavutil, for telling files apart.
public enum SHA256 {
  /// The digest in hexadecimal.
  public static func digest(_ bytes: [UInt8]) throws(MediaError) -> String {
    let sum = try Accumulator()
    bytes.withUnsafeBytes { sum.add($0) }
    return sum.finish()
  }

  /// A digest of bytes that come piece by piece; for one thread.
  public final class Accumulator {
    private let state: OpaquePointer

    /// The digest of nothing yet.
    public init() throws(MediaError) {
      state = try allocated(av_sha_alloc(), "av_sha_alloc")
      try check(av_sha_init(state, 256), "av_sha_init")
    }

    deinit {
      av_free(UnsafeMutableRawPointer(state))
    }

    /// Adds bytes at the end.
    public func add(_ bytes: UnsafeRawBufferPointer) {
      av_sha_update(state, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }

    /// The digest in hexadecimal; nothing can be added after it.
    public func finish() -> String {
      var digest = [UInt8](repeating: 0, count: 32)
      av_sha_final(state, &digest)
      return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
  }
}
