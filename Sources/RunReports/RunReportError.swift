/// What can go wrong while runs are looked at.
public enum RunReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no file or folder of that name.
  case missing(path: String)
  /// A folder is no run's.
  case noRun(path: String)
  /// There is no run in a folder or below it.
  case noRuns(folder: String)
  /// A run's log cannot be read.
  case unreadable(path: String, reason: String)
  /// No run has numbers of that name.
  case unknownMetric(name: String, known: [String])

  /// One sentence: what, where, what to do.
  public var description: String {
    switch self {
    case .missing(let path): "there is no file or folder \(path); clipmorph runs DIR lists the runs in a folder"
    case .noRun(let path):
      "\(path) is not a run's folder: it has no tracking.jsonl; give the folder that clipmorph train calls the run folder (OUT.run)"
    case .noRuns(let folder): "there are no runs in \(folder) or below it; clipmorph train makes one beside its output (OUT.run)"
    case .unreadable(let path, let reason): "\(path) cannot be read as a run's log: \(reason)"
    case .unknownMetric(let name, let known):
      known.isEmpty
        ? "there are no numbers called \(name), nor any others"
        : "no run has numbers called \(name); there are \(known.joined(separator: ", "))"
    }
  }
}
