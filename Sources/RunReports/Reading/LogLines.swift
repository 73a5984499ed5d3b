internal import Foundation

/// The lines of a run's log, found without being decoded.
struct LogLines {
  private let data: Data
  /// Whole lines; what a killed program left half-written is none.
  let ranges: [Range<Int>]

  init(_ path: String) throws(RunReportError) {
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      throw .unreadable(path: path, reason: "is it a file that may be read?")
    }
    ranges = data.withUnsafeBytes { bytes in
      var ranges: [Range<Int>] = []
      var start = 0
      while start < bytes.count, let rest = bytes.baseAddress.map({ $0 + start }), let end = memchr(rest, 10, bytes.count - start)
      {
        let next = start + (end - UnsafeMutableRawPointer(mutating: rest))
        if next > start { ranges.append(start..<next) }
        start = next + 1
      }
      return ranges
    }
  }

  /// Whether a line ends as `tracking.jsonl` ends those of steps. Only decides which lines need not be decoded.
  func isPlainRow(_ range: Range<Int>) -> Bool {
    let ending = LogLines.rowEnding
    return range.count > ending.count && data[(range.upperBound - ending.count)..<range.upperBound].elementsEqual(ending)
  }

  private let decoder = JSONDecoder()
  private static let rowEnding = Array(#","type":"row"}"#.utf8)

  /// A line as a value; nil where it is none of that kind.
  func decode<T: Decodable>(_: T.Type, _ range: Range<Int>) -> T? {
    try? decoder.decode(T.self, from: data[range])
  }

}
