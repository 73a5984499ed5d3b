/// Rows of characters to draw curves on: eight dots in a character, or one.
struct TerminalCanvas {
  let look: TerminalLook
  let columns: Int
  let rows: Int
  /// For each character, its dots as Braille's bits, and the last curve that drew into it.
  private var dots: [UInt32]
  private var owners: [Int]

  init(look: TerminalLook, columns: Int, rows: Int) {
    self.look = look
    self.columns = max(1, columns)
    self.rows = max(1, rows)
    dots = [UInt32](repeating: 0, count: self.columns * self.rows)
    owners = [Int](repeating: 0, count: self.columns * self.rows)
  }

  /// Dots in a row of characters, and in a column.
  private var width: Int { look.isPlain ? columns : 2 * columns }
  private var height: Int { look.isPlain ? rows : 4 * rows }

  /// Draws a line through points in 0…1, from the left and from the bottom.
  mutating func draw(_ points: [(x: Double, y: Double)], curve: Int) {
    var last: (x: Int, y: Int)?
    for point in points {
      let x = min(width - 1, max(0, Int((point.x * Double(width - 1)).rounded())))
      let y = min(height - 1, max(0, Int(((1 - point.y) * Double(height - 1)).rounded())))
      let from = last ?? (x, y)
      let steps = max(abs(x - from.x), abs(y - from.y))
      for step in 0...steps {
        let share = steps == 0 ? 1 : Double(step) / Double(steps)
        set(
          from.x + Int((share * Double(x - from.x)).rounded()), from.y + Int((share * Double(y - from.y)).rounded()), curve: curve
        )
      }
      last = (x, y)
    }
  }

  private mutating func set(_ x: Int, _ y: Int, curve: Int) {
    if look.isPlain {
      dots[y * columns + x] = 1
      owners[y * columns + x] = curve
    } else {
      // Unicode 1.1, "Braille Patterns": dots 1, 2, 3, 7 in the left column, 4, 5, 6, 8 in the right.
      let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
      let cell = y / 4 * columns + x / 2
      dots[cell] |= bits[y % 4][x % 2]
      owners[cell] = curve
    }
  }

  /// A row of characters, without spaces at its end.
  func line(_ row: Int) -> String {
    var text = ""
    var part = ""
    var owner = -1
    for column in 0..<(lastColumn(row) + 1) {
      let cell = row * columns + column
      let isEmpty = dots[cell] == 0
      if !isEmpty, owners[cell] != owner {
        text += look.coloured(part, max(0, owner))
        part = ""
        owner = owners[cell]
      }
      let mark = look.isPlain ? look.mark(owners[cell]) : Unicode.Scalar(0x2800 + dots[cell]).map(Character.init) ?? " "
      part.append(isEmpty ? " " : mark)
    }
    return text + look.coloured(part, max(0, owner))
  }

  private func lastColumn(_ row: Int) -> Int {
    (0..<columns).last { dots[row * columns + $0] != 0 } ?? -1
  }
}
