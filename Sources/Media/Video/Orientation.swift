internal import CFFmpeg

/// How a picture must be turned to stand upright: a flip, then a turn in quarters.
struct Orientation: Equatable {
  /// Mirrored left to right, before the turn.
  var mirrored: Bool
  /// Quarter turns clockwise.
  var turns: Int

  static let upright = Orientation(mirrored: false, turns: 0)

  init(mirrored: Bool, turns: Int) {
    self.mirrored = mirrored
    self.turns = ((turns % 4) + 4) % 4
  }

  /// From a container's display matrix (nine 16.16 numbers, row by row).
  init(matrix: UnsafePointer<Int32>) {
    let determinant = Double(matrix[0]) * Double(matrix[4]) - Double(matrix[1]) * Double(matrix[3])
    var copy = Array(UnsafeBufferPointer(start: matrix, count: 9))
    let mirrored = determinant < 0
    // FFmpeg's flip comes after the turn; before the turn the same picture needs the opposite turn.
    if mirrored { av_display_matrix_flip(&copy, 1, 0) }
    let degrees = av_display_rotation_get(copy)
    let turns = degrees.isNaN ? 0 : Int((-degrees / 90).rounded())
    self.init(mirrored: mirrored, turns: mirrored ? -turns : turns)
  }

  /// From EXIF's orientation tag, 1…8; others are upright.
  init(exif: Int) {
    switch exif {
    case 2: self.init(mirrored: true, turns: 0)
    case 3: self.init(mirrored: false, turns: 2)
    case 4: self.init(mirrored: true, turns: 2)
    case 5: self.init(mirrored: true, turns: 3)
    case 6: self.init(mirrored: false, turns: 1)
    case 7: self.init(mirrored: true, turns: 1)
    case 8: self.init(mirrored: false, turns: 3)
    default: self = .upright
    }
  }

  /// Whether rows become columns.
  var swapsSides: Bool { turns % 2 == 1 }

  /// FFmpeg's filters for it.
  var filters: [String] {
    let turn: [String]
    switch turns {
    case 1: turn = ["transpose=clock"]
    case 2: turn = ["hflip", "vflip"]
    case 3: turn = ["transpose=cclock"]
    default: turn = []
    }
    return (mirrored ? ["hflip"] : []) + turn
  }
}
