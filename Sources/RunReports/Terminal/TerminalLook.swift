/// What a terminal can show.
public struct TerminalLook: Sendable, Equatable {
  /// Columns.
  public var width: Int
  /// ASCII without colours, for files and pipes; else Braille patterns, blocks and colours.
  public var isPlain: Bool

  /// A look; fewer than 40 columns count as 40.
  public init(width: Int, isPlain: Bool) {
    self.width = max(40, width)
    self.isPlain = isPlain
  }

  /// Foreground colours that are told apart on light and dark grounds.
  private static let colours = [34, 31, 32, 35, 33, 36]
  private static let marks: [Character] = ["*", "o", "+", "x", "#", "@"]

  /// What stands for a run where there are no colours.
  func mark(_ index: Int) -> Character { TerminalLook.marks[index % TerminalLook.marks.count] }

  /// Text in a run's colour.
  func coloured(_ text: String, _ index: Int) -> String {
    isPlain || text.isEmpty ? text : "\u{1B}[\(TerminalLook.colours[index % TerminalLook.colours.count])m\(text)\u{1B}[0m"
  }
}
