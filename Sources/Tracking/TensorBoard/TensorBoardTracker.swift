internal import Foundation

/// Writes a TensorBoard event file: scalars (as 32-bit floats, which is what TensorBoard keeps), pictures, histograms, and the settings as hparams.
public final class TensorBoardTracker: Tracker {
  /// What a warning calls it.
  public let name = "the TensorBoard log"
  /// The event file.
  public let path: String
  private let file: AppendingFile
  private var step: Int

  /// Begins an event file in a folder, which is made where there is none. A resumed run begins another file there, with a mark at which TensorBoard drops
  /// what the earlier ones hold of later steps.
  public init(_ run: TrackedRun, folder: String) throws(TrackingError) {
    try makeFolder(folder)
    let began = run.began.timeIntervalSince1970
    let process = ProcessInfo.processInfo
    let stem = "\(folder)/events.out.tfevents.\(Int(began)).\(fileName(process.hostName)).\(process.processIdentifier)"
    var number = 0
    while FileManager.default.fileExists(atPath: "\(stem).\(number)") { number += 1 }
    path = "\(stem).\(number)"
    file = try AppendingFile(creating: path)
    step = run.resumedStep ?? 0
    try append(TensorBoardEvent.fileVersion(time: began))
    if let resumed = run.resumedStep { try append(TensorBoardEvent.restart(time: began, step: resumed + 1)) }
    try append(
      TensorBoardEvent.summary(time: began, step: 0) {
        TensorBoardEvent.hyperparameters(run.configuration, began: began, to: &$0)
      })
    try flush()
  }

  /// One event with all scalars and histograms, and one for each picture.
  public func write(_ row: PreparedRow) throws(TrackingError) {
    step = row.step
    let time = row.time.timeIntervalSince1970
    if !row.scalars.isEmpty || !row.histograms.isEmpty {
      try append(
        TensorBoardEvent.summary(time: time, step: row.step) { summary in
          for (key, value) in row.scalars.sorted(by: { $0.key < $1.key }) {
            TensorBoardEvent.scalar(key, value, to: &summary)
          }
          for (key, histogram) in row.histograms.sorted(by: { $0.key < $1.key }) where histogram.count > 0 {
            TensorBoardEvent.histogram(key, histogram, to: &summary)
          }
        })
    }
    for (key, images) in row.images.sorted(by: { $0.key < $1.key }) {
      for (index, image) in images.enumerated() {
        try append(
          TensorBoardEvent.summary(time: time, step: row.step) {
            TensorBoardEvent.image(images.count == 1 ? key : "\(key)/\(index)", image, to: &$0)
          })
      }
    }
  }

  /// What the program takes of the machine as scalars named `system/…` at the last step.
  public func write(_ sample: SystemSample) throws(TrackingError) {
    try append(
      TensorBoardEvent.summary(time: sample.time.timeIntervalSince1970, step: step) { summary in
        for (key, value) in sample.values.sorted(by: { $0.key < $1.key }) {
          TensorBoardEvent.scalar("system/" + key, value, to: &summary)
        }
      })
  }

  /// Numbers as scalars named `summary/…` at the last step.
  public func summarize(_ values: [String: JSONValue]) throws(TrackingError) {
    let numbers = values.compactMap { key, value -> (String, Double)? in
      switch value {
      case .integer(let number): (key, Double(number))
      case .number(let number): (key, number)
      default: nil
      }
    }.sorted { $0.0 < $1.0 }
    guard !numbers.isEmpty else { return }
    try append(
      TensorBoardEvent.summary(time: Date().timeIntervalSince1970, step: step) { summary in
        for (key, value) in numbers { TensorBoardEvent.scalar("summary/" + key, value, to: &summary) }
      })
  }

  /// Hands all events to the system.
  public func flush() throws(TrackingError) {
    try file.flush()
  }

  /// Says how the run ended.
  public func finish(exitCode: Int) throws(TrackingError) {
    let now = Date().timeIntervalSince1970
    try append(
      TensorBoardEvent.summary(time: now, step: 0) { TensorBoardEvent.end(isSuccess: exitCode == 0, time: now, to: &$0) })
    try flush()
  }

  private func append(_ event: [UInt8]) throws(TrackingError) {
    try file.append(TensorBoardEvent.framed(event))
  }
}
