internal import CFFmpeg

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Checks that an input is a readable file with something in it, before any decoder sees it.
public func checkInput(_ path: String) throws(MediaError) {
  var info = stat()
  guard stat(path, &info) == 0 else {
    if errno == ENOENT || errno == ENOTDIR { throw MediaError.missing(path: path) }
    throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased())
  }
  if info.st_mode & S_IFMT == S_IFDIR { throw MediaError.unreadable(path: path, reason: "it is a folder") }
  guard info.st_mode & S_IFMT == S_IFREG else { throw MediaError.unreadable(path: path, reason: "it is not a regular file") }
  guard access(path, R_OK) == 0 else {
    throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased())
  }
  if info.st_size == 0 { throw MediaError.empty(path: path) }
}

/// The whole of a file.
public func readFile(_ path: String) throws(MediaError) -> [UInt8] {
  try checkInput(path)
  let file = open(path, O_RDONLY)
  guard file >= 0 else { throw MediaError.unreadable(path: path, reason: String(cString: strerror(errno)).lowercased()) }
  defer { close(file) }
  var info = stat()
  guard fstat(file, &info) == 0 else { throw MediaError.inputOutput(path: path, reason: String(cString: strerror(errno))) }
  let size = Int(info.st_size)
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let got = read(file, buffer.baseAddress.map { $0 + count }, size - count)
      if got > 0 {
        count += got
      } else if got < 0, errno == EINTR {
        continue
      } else {
        failure = got < 0 ? errno : 0
        break
      }
    }
  }
  if failure != 0 { throw MediaError.inputOutput(path: path, reason: String(cString: strerror(failure)).lowercased()) }
  return bytes
}
