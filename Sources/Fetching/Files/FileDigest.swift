internal import Media

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file's SHA-256 in hexadecimal; nil where `isStopped` said so midway.
func fileDigest(_ path: String, isStopped: () -> Bool) throws(FetchError) -> String? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw .file(path: path, reason: "it cannot be read (\(reason(errno)))") }
  defer { close(file) }
  let sum: SHA256.Accumulator
  do { sum = try SHA256.Accumulator() } catch { throw .file(path: path, reason: error.description) }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  defer { buffer.deallocate() }
  while !isStopped() {
    let count = read(file, buffer.baseAddress, buffer.count)
    if count == 0 { return sum.finish() }
    if count > 0 {
      sum.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    } else if errno != EINTR {
      throw .file(path: path, reason: "it cannot be read (\(reason(errno)))")
    }
  }
  return nil
}
