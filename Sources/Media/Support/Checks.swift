internal import CFFmpeg

/// FFmpeg's text for an error number.
func reason(_ code: Int32) -> String {
  var text = [CChar](repeating: 0, count: Int(AV_ERROR_MAX_STRING_SIZE))
  av_strerror(code, &text, text.count)
  return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Throws where a call of FFmpeg gave an error; gives its value otherwise.
@discardableResult
func check(_ code: Int32, _ step: String) throws(MediaError) -> Int32 {
  guard code >= 0 else { throw MediaError.failed(step: step, reason: reason(code)) }
  return code
}

/// The same for calls that write `path`: a full disk has a sentence of its own.
@discardableResult
func check(_ code: Int32, writing path: String) throws(MediaError) -> Int32 {
  guard code < 0 else { return code }
  if cff_errno(code) == ENOSPC { throw MediaError.diskFull(path: path) }
  throw MediaError.inputOutput(path: path, reason: reason(code))
}

/// Frees an object of FFmpeg's, whose functions for it want to clear the pointer, too.
func free<Value>(_ value: UnsafeMutablePointer<Value>, by release: (UnsafeMutablePointer<UnsafeMutablePointer<Value>?>?) -> Void)
{
  var pointer: UnsafeMutablePointer<Value>? = value
  release(&pointer)
}

/// A new object of FFmpeg's, or an error where memory is short.
func allocated<Value>(_ value: Value?, _ what: String) throws(MediaError) -> Value {
  guard let value else { throw MediaError.failed(step: what, reason: "out of memory") }
  return value
}
