import Foundation

/// What `bench` has measured.
struct BenchReport: Encodable {
  struct Row: Encodable {
    var tier: String
    var engine: String
    var precision: String
    /// Whole jobs, file to file.
    var wholeFPS: Double
    /// Processors that such a job kept busy, on average.
    var coresBusy: Double
    /// One frame by the network alone, all threads on it.
    var networkMilliseconds: Double
    /// Frames a second by the network alone, several at once where the engine gains by it.
    var networkFPS: Double
    /// Frames a second by a device with memory of its own, without copies there and back; nil where there is none.
    var deviceFPS: Double?
    var firstPictureSeconds: Double
    var peakMegabytes: Double
  }

  struct Reference: Encodable {
    /// PyTorch's version.
    var version: String
    /// One frame by each network, f32, in PyTorch's eager mode.
    var milliseconds: [String: Double]
    /// Frames a second of the original system's whole path, which took 457 ms for the network where it ran at 1.2 frames a second.
    var originalPipelineFPS: Double
  }

  var cores: Int
  var width: Int
  var height: Int
  var frames: Int
  var runs: Int
  /// Frames a second that are decoded, and turned to RGB unless a GPU does that, nothing else running.
  var decodeFPS: Double
  /// Frames a second that are encoded, turned from RGB unless a GPU does that, nothing else running: photographs, which are easier than paintings.
  var encodeFPS: Double
  var reference: Reference?
  var rows: [Row] = []

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  func table() -> String {
    var lines = ["\(width)x\(height), \(frames) frames, \(cores) cores, medians of \(runs)"]
    lines.append("decoding alone \(number(decodeFPS, 1)) fps, encoding alone \(number(encodeFPS, 1)) fps")
    if let reference {
      let original = reference.milliseconds["original"] ?? .nan
      lines.append(
        "reference: PyTorch \(reference.version), f32, the original network \(number(original, 1)) ms a frame;"
          + " its whole path about \(number(reference.originalPipelineFPS, 2)) fps")
    }
    lines.append("")
    var cells = [
      ["network", "engine", "precision", "whole fps", "cores", "network ms", "network fps", "1 picture s", "memory MB"]
    ]
    let hasDevice = rows.contains { $0.deviceFPS != nil }
    if hasDevice { cells[0].append("device fps") }
    if reference != nil { cells[0] += ["whole / original", "network / original", "network / same in PyTorch"] }
    for row in rows {
      var cell = [
        row.tier, row.engine, row.precision, number(row.wholeFPS, 1), number(row.coresBusy, 2),
        number(row.networkMilliseconds, 1),
        number(row.networkFPS, 1), number(row.firstPictureSeconds, 2), number(row.peakMegabytes, 0),
      ]
      if hasDevice { cell.append(row.deviceFPS.map { number($0, 1) } ?? "") }
      if let reference {
        cell.append(number(row.wholeFPS / reference.originalPipelineFPS, 1) + "x")
        for name in ["original", row.tier] {
          cell.append(reference.milliseconds[name].map { number($0 / row.networkMilliseconds, 1) + "x" } ?? "")
        }
      }
      cells.append(cell)
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    for row in cells {
      let padded = row.enumerated().map { index, text in
        let space = String(repeating: " ", count: widths[index] - text.count)
        return index < 3 ? text + space : space + text
      }
      lines.append(padded.joined(separator: "  "))
    }
    return lines.joined(separator: "\n")
  }

  private func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
