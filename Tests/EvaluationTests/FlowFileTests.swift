import Evaluation
import OpticalFlow
import Testing

@Suite struct FlowFileTests {
  static func file(_ width: Int32, _ height: Int32, _ values: [Float], magic: String = "PIEH") -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
    return Array(magic.utf8) + word(UInt32(bitPattern: width)) + word(UInt32(bitPattern: height))
      + values.flatMap { word($0.bitPattern) }
  }

  @Test func `displacements are read, unknown ones are masked`() throws {
    let bytes = Self.file(2, 2, [1, 2, -3.5, 0, 1.666e9, 1.666e9, .nan, 4])
    let file = try FlowFile(bytes: bytes, path: "a.flo")
    #expect((file.flow.width, file.flow.height) == (2, 2))
    #expect(file.flow.vectors == [[1, 2], [-3.5, 0], [0, 0], [0, 0]])
    #expect(file.known == [true, true, false, false])
  }

  @Test func `hostile headers are refused before memory is taken`() throws {
    let good = Self.file(2, 1, [0, 0, 0, 0])
    _ = try FlowFile(bytes: good, path: "a.flo")
    var bad = [[], Array("PIEH".utf8), Array(good.dropLast()), good + [0], Self.file(2, 1, [0, 0, 0, 0], magic: "HEIP")]
    for (width, height) in [(0, 1), (-2, -1), (Int32.max, Int32.max), (Int32.min, 1), (1 << 16, 1 << 16), (2, 2)] {
      bad.append(Self.file(width, height, [0, 0, 0, 0]))
    }
    for bytes in bad { #expect(throws: EvaluationError.self) { try FlowFile(bytes: bytes, path: "a.flo") } }
  }
}
