/// What happens while files are fetched.
public enum FetchEvent: Sendable, Equatable {
  /// A file is there already and was found good; `pictures` is set for a bank of photographs.
  case present(path: String, pictures: Int?)
  /// A download begins, at byte `offset`; `approximate` is the catalogue's idea of the size.
  case started(file: String, address: String, offset: Int64, approximate: Int64?)
  /// `done` of `total` bytes have arrived.
  case progress(done: Int64, total: Int64?)
  /// The download begins anew, for this reason.
  case restarted(reason: String)
  /// A connection broke off; the next try follows after a pause in seconds. The last `failures` tries brought nothing new, at `limit` it gives
  /// up.
  case retrying(reason: String, failures: Int, limit: Int, pause: Double)
  /// A file's checksum is computed.
  case verifying(path: String)
  /// A zip file's pictures are being written; `total` pictures, `bytes` together.
  case unpacking(archive: String, folder: String, total: Int, bytes: Int64)
  /// `done` of `total` pictures are there.
  case unpacked(done: Int, total: Int)
  /// Something that the user should know.
  case warning(String)
  /// A file, or a bank's part with `pictures` in its folder, is there and was found good.
  case finished(path: String, bytes: Int64, pictures: Int?)
  /// The work was stopped from outside; `kept` bytes or pictures are there for the next run, in `path`.
  case stopped(path: String, kept: String)
}
