import Foundation
import Imaging

/// Letters for labels on pictures, five by seven dots and one below the line, as on character displays: ASCII only, so that no font is needed.
enum BitmapFont {
  /// Dots from one letter to the next, and from top to bottom.
  static let (advance, height) = (6, 8)

  /// Writes a line in dark grey on light. What does not fit into `width` pixels ends in dots; marks on letters are left out.
  static func draw(_ text: String, on image: inout ImageBuffer, x: Int, y: Int, width: Int, dot: Int) {
    let room = max(0, width / (advance * dot))
    var letters = text.decomposedStringWithCanonicalMapping.unicodeScalars.filter { !(0x300..<0x370).contains($0.value) }
      .map { (32..<127).contains($0.value) ? Int($0.value) : Int(UInt8(ascii: "?")) }
    if letters.count > room { letters = Array(letters.prefix(max(0, room - 3))) + [Int](repeating: 46, count: min(3, room)) }
    let (columns, rows) = (image.width, image.height)
    image.withUnsafeMutableBytes { bytes in
      for (index, letter) in letters.enumerated() {
        for column in 0..<5 {
          let dots = glyphs[letter - 32] >> UInt64(8 * column) & 0xFF
          for row in 0..<8 where dots >> UInt64(row) & 1 == 1 {
            let (left, top) = (x + (index * advance + column) * dot, y + row * dot)
            for py in max(0, top)..<max(0, min(rows, top + dot)) {
              for px in max(0, left)..<max(0, min(columns, left + dot)) {
                for channel in 0..<3 { bytes[(py * columns + px) * 3 + channel] = 32 }
              }
            }
          }
        }
      }
    }
  }

  /// From the space to the tilde: five columns, the leftmost in the lowest byte, the top dot in its lowest bit.
  private static let glyphs: [UInt64] = [
    0x0000000000, 0x00005F0000, 0x0007000700, 0x147F147F14, 0x122A7F2A24, 0x6264081323, 0x5020564936, 0x0003070800,
    0x0041221C00, 0x001C224100, 0x2A1C7F1C2A, 0x08083E0808, 0x0030708000, 0x0808080808, 0x0060600000, 0x0204081020,
    0x3E4549513E, 0x00407F4200, 0x4649494972, 0x334D494121, 0x107F121418, 0x3945454527, 0x3149494A3C, 0x0709112141,
    0x3649494936, 0x1E29494946, 0x0000140000, 0x0000344000, 0x4122140800, 0x1414141414, 0x0814224100, 0x0609590102,
    0x4E595D413E, 0x7C1211127C, 0x364949497F, 0x224141413E, 0x3E4141417F, 0x414949497F, 0x010909097F, 0x735141413E,
    0x7F0808087F, 0x00417F4100, 0x013F414020, 0x412214087F, 0x404040407F, 0x7F021C027F, 0x7F1008047F, 0x3E4141413E,
    0x060909097F, 0x5E2151413E, 0x462919097F, 0x3249494926, 0x03017F0103, 0x3F4040403F, 0x1F2040201F, 0x3F4038403F,
    0x6314081463, 0x0304780403, 0x434D495961, 0x4141417F00, 0x2010080402, 0x7F41414100, 0x0402010204, 0x4040404040,
    0x0008070300, 0x4078545420, 0x384444287F, 0x2844444438, 0x7F28444438, 0x1854545438, 0x02097E0800, 0x789CA4A418,
    0x780404087F, 0x00407D4400, 0x003D404020, 0x004428107F, 0x00407F4100, 0x780478047C, 0x780404087C, 0x3844444438,
    0x18242418FC, 0xFC18242418, 0x080404087C, 0x2454545448, 0x24443F0404, 0x7C2040403C, 0x1C2040201C, 0x3C4030403C,
    0x4428102844, 0x7C9090904C, 0x444C546444, 0x0041360800, 0x0000770000, 0x0008364100, 0x0204020102,
  ]
}
