internal import Foundation

/// A report's numbers as rows of text: what the command prints and the page shows.
public struct EvaluationTable: Sendable {
  /// What is in it.
  public var title: String
  /// The columns' names; the first two are texts.
  public var columns: [String]
  /// Cases, the worst first.
  public var rows: [[String]]
  /// Means over the cases of each output, where there are several.
  public var means: [[String]]

  /// A table for each kind of case that there is.
  public static func tables(of report: EvaluationReport) -> [EvaluationTable] {
    EvaluationCase.Kind.allCases.compactMap { kind in
      let cases = report.cases.filter { $0.kind == kind }
      guard !cases.isEmpty else { return nil }
      let numbers = kind == .picture ? pictureNumbers : clipNumbers + (cases.contains { $0.picture != nil } ? pictureNumbers : [])
      // A column without a number says nothing.
      let shown = numbers.filter { number in cases.contains { number.value($0) != nil } }
      let rows = cases.map { result in [result.source, result.output] + shown.map { $0.text($0.value(result)) } }
      return EvaluationTable(
        title: titles[kind] ?? kind.rawValue, columns: ["source", "output"] + shown.map(\.name), rows: rows,
        means: means(cases, shown))
    }
  }

  private static func means(_ cases: [EvaluationCase], _ numbers: [Number]) -> [[String]] {
    var names: [String] = []
    for result in cases where !names.contains(result.output) { names.append(result.output) }
    // Pairs have an output each: one mean over all.
    let isPairs = names.count == cases.count && Set(cases.map(\.source)).count > 1
    let groups = isPairs ? [("", cases)] : names.map { name in (name, cases.filter { $0.output == name }) }
    return groups.compactMap { name, members in
      guard members.count > 1 else { return nil }
      return ["mean of \(members.count)", name]
        + numbers.map { number in
          let values = members.compactMap(number.value)
          return number.text(values.isEmpty ? nil : values.reduce(0, +) / Double(values.count))
        }
    }
  }

  /// A case's numbers in one line.
  static func facts(of result: EvaluationCase) -> String {
    let numbers = (result.clip == nil ? [] : clipNumbers) + (result.picture == nil ? [] : pictureNumbers)
    return numbers.compactMap { number in number.value(result).map { "\(number.name) \(number.text($0))" } }
      .joined(separator: ", ")
  }

  /// The table in columns of equal width.
  public var text: String {
    let lines = [columns] + rows + means
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let body = lines.map { line in
      line.enumerated().map { index, cell in
        let space = String(repeating: " ", count: widths[index] - cell.count)
        return index < 2 ? cell + space : space + cell
      }.joined(separator: "  ")
    }
    return ([title] + body).joined(separator: "\n")
  }

  private static let titles: [EvaluationCase.Kind: String] = [
    .clip: "Clips", .synthetic: "Camera movements (exact flow)", .middlebury: "Middlebury (measured flow)", .picture: "Pictures",
  ]

  private struct Number: Sendable {
    var name: String
    var digits: Int
    var value: @Sendable (EvaluationCase) -> Double?

    /// Nothing is a dash, never a number that is none.
    func text(_ value: Double?) -> String { value.finite.map { String(format: "%.\(digits)f", $0) } ?? "–" }
  }

  private static let clipNumbers = [
    Number(name: "frames", digits: 0) { $0.clip.map { Double($0.frames) } },
    Number(name: "e_warp", digits: 4) { $0.clip?.warpError },
    Number(name: "source", digits: 4) { $0.clip?.sourceWarpError },
    Number(name: "excess", digits: 5) { $0.clip?.excess },
    Number(name: "trusted", digits: 2) { $0.clip?.trusted },
    Number(name: "flicker", digits: 2) { $0.clip?.flicker },
    Number(name: "source flicker", digits: 2) { $0.clip?.sourceFlicker },
    Number(name: "still", digits: 2) { $0.clip?.still },
    Number(name: "sharpness", digits: 0) { $0.clip?.sharpness },
    Number(name: "kept", digits: 2) { $0.clip?.keptSharpness },
  ]

  private static let pictureNumbers = [
    Number(name: "style", digits: 3) { $0.picture?.style },
    Number(name: "tiles", digits: 3) { $0.picture?.styleTiles },
    Number(name: "unpainted", digits: 3) { $0.picture?.unstylized },
    Number(name: "content", digits: 3) { $0.picture?.content },
    Number(name: "structure", digits: 3) { $0.picture?.structure },
    Number(name: "period 2", digits: 5) { $0.picture?.checkerboard?.period2 },
    Number(name: "period 4", digits: 5) { $0.picture?.checkerboard?.period4 },
    Number(name: "weave", digits: 3) { $0.picture?.weave },
  ]
}
