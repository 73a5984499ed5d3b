internal import Tracking

/// A line of `tracking.jsonl`; `docs/TRACKING.md` tells the schema.
struct LogEntry: Decodable {
  struct Image: Decodable {
    var path: String
    var caption: String
  }

  var type: String
  var time: Double
  var step: Int?
  var runtime: Double?
  var scalars: [String: Double]?
  var images: [String: [Image]]?
  var name: String?
  var configuration: [String: JSONValue]?
  var values: [String: JSONValue]?
  var exitCode: Int?

  private enum CodingKeys: String, CodingKey {
    case type, time, step, runtime, scalars, images, name, configuration, values
    case exitCode = "exit_code"
  }
}

/// A line of `log.jsonl`, which earlier versions wrote.
struct EarlyLogEntry: Decodable {
  var step: Int
  var losses: [String: Double]
  var total: Double
  var learningRate: Double
  var gradientNorm: Double
  var waited: Double
  var picturesPerSecond: Double
  var seconds: Double

  /// The same numbers under today's names.
  var row: LoggedRun.Row {
    var scalars = [
      "loss/total": total, "learning_rate": learningRate, "gradient_norm": gradientNorm, "loader_wait": waited,
      "pictures_per_second": picturesPerSecond,
    ]
    for (term, value) in losses { scalars["loss/" + term] = value }
    return LoggedRun.Row(step: step, runtime: seconds, scalars: scalars)
  }
}
