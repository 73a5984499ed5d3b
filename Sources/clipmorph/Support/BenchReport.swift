import Foundation

/// What `bench` has measured.
struct BenchReport: Encodable {
  struct Row: Encodable {
    var tier: String
    var engine: String
    var precision: String
    var wholeFPS: Double
    var networkMilliseconds: Double
    var firstPictureSeconds: Double
    var peakMegabytes: Double
  }

  struct Reference: Encodable {
    /// PyTorch's version.
    var version: String
    /// One frame by the original network, f32.
    var milliseconds: Double
    /// Frames a second of the original system's whole path, which took 457 ms for the network where it ran at 1.2 frames a second.
    var originalPipelineFPS: Double
  }

  var cores: Int
  var width: Int
  var height: Int
  var frames: Int
  var runs: Int
  var reference: Reference?
  var rows: [Row] = []

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  func table() -> String {
    var lines = ["\(width)x\(height), \(frames) frames, \(cores) cores, medians of \(runs)"]
    if let reference {
      lines.append(
        "reference: the original network in PyTorch \(reference.version), f32: \(number(reference.milliseconds, 1)) ms a frame;"
          + " its whole path about \(number(reference.originalPipelineFPS, 2)) fps")
    }
    lines.append("")
    var cells = [["network", "engine", "precision", "whole fps", "network ms", "network fps", "1 picture s", "memory MB"]]
    if reference != nil { cells[0] += ["whole / original", "network / PyTorch"] }
    for row in rows {
      var cell = [
        row.tier, row.engine, row.precision, number(row.wholeFPS, 1), number(row.networkMilliseconds, 1),
        number(1000 / row.networkMilliseconds, 1), number(row.firstPictureSeconds, 2), number(row.peakMegabytes, 0),
      ]
      if let reference {
        cell += [
          number(row.wholeFPS / reference.originalPipelineFPS, 1) + "x",
          number(reference.milliseconds / row.networkMilliseconds, 1) + "x",
        ]
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
