/// Writes a run down in one format. Used on one thread, that of a `TrackerQueue`, which leaves it out after its first error.
public protocol Tracker: AnyObject {
  /// What a warning calls it.
  var name: String { get }

  /// Writes all that belongs to a step. Steps rise from call to call.
  func write(_ row: PreparedRow) throws(TrackingError)

  /// Sets values that tell of the run as a whole; later ones replace earlier ones of the same name.
  func summarize(_ values: [String: JSONValue]) throws(TrackingError)

  /// Keeps a copy of a file with the run.
  ///
  /// - Parameters:
  ///   - path: where the file is.
  ///   - name: what it is called in the run, without folders.
  func add(file path: String, as name: String) throws(TrackingError)

  /// Writes a line of what the run tells.
  func print(_ line: String) throws(TrackingError)

  /// Hands all that was written to the system, so that it survives the program's end.
  func flush() throws(TrackingError)

  /// Ends the run; nothing is called after it.
  ///
  /// - Parameter exitCode: 0 for a run that came to its end.
  func finish(exitCode: Int) throws(TrackingError)
}

extension Tracker {
  /// Files are not kept.
  public func add(file path: String, as name: String) throws(TrackingError) {}

  /// Lines are not kept.
  public func print(_ line: String) throws(TrackingError) {}
}
