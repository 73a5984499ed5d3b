/// Writes a run down in one format. Used on one thread, that of a `TrackerQueue`, which leaves it out after its first error.
public protocol Tracker: AnyObject {
  /// What a warning calls it.
  var name: String { get }

  /// Whether it gets the rows between those that all trackers get (`TrackedRow.isDue`) too.
  var takesEveryRow: Bool { get }

  /// Writes all that belongs to a step. Steps rise from call to call.
  func write(_ row: PreparedRow) throws(TrackingError)

  /// Sets values that tell of the run as a whole; later ones replace earlier ones of the same name.
  func summarize(_ values: [String: JSONValue]) throws(TrackingError)

  /// Writes what the program takes of the machine.
  func write(_ sample: SystemSample) throws(TrackingError)

  /// Keeps a copy of a file with the run.
  ///
  /// - Parameters:
  ///   - path: where the file is.
  ///   - name: what it is called in the run, without folders.
  ///   - kind: what it is.
  func add(file path: String, as name: String, kind: TrackedFileKind) throws(TrackingError)

  /// Writes a line of what the run tells.
  func print(_ line: String) throws(TrackingError)

  /// Hands all that was written to the system, so that it survives the program's end.
  func flush() throws(TrackingError)

  /// Looks after what it has going on elsewhere; called about twice a second.
  func tend()

  /// Ends the run; only `settle` is called after it.
  ///
  /// - Parameter exitCode: 0 for a run that came to its end.
  func finish(exitCode: Int) throws(TrackingError)

  /// Waits for what it has going on elsewhere; called when all trackers have finished, also those that were left out.
  func settle(until isStopped: () -> Bool)
}

/// What a file is that is kept with a run.
public enum TrackedFileKind: Sendable {
  /// Something to read beside the run.
  case other
  /// What was learnt.
  case model
}

extension Tracker {
  /// Only what is due.
  public var takesEveryRow: Bool { false }

  /// Samples are not kept.
  public func write(_ sample: SystemSample) throws(TrackingError) {}

  /// Files are not kept.
  public func add(file path: String, as name: String, kind: TrackedFileKind) throws(TrackingError) {}

  /// Nothing is going on elsewhere.
  public func tend() {}

  /// Nothing is going on elsewhere.
  public func settle(until isStopped: () -> Bool) {}

  /// Lines are not kept.
  public func print(_ line: String) throws(TrackingError) {}
}
