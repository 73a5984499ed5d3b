import StyleNetworks
import Testing

@Suite struct WeightTensorTests {
  @Test(arguments: [ScalarType.f16, .bf16])
  func roundsAsPyTorchDoes(type: ScalarType) throws {
    let file = try SafetensorsFile(contentsOf: Fixtures.path("conversions.safetensors"))
    let exact = try #require(file["f32"])
    let expected = try #require(file[type == .f16 ? "f16" : "bf16"])
    #expect(exact.count > 500)
    #expect(try exact.converted(to: type) == expected)
  }

  @Test func doublesRoundAsPyTorchDoes() throws {
    let file = try SafetensorsFile(contentsOf: Fixtures.path("conversions.safetensors"))
    #expect(try file["f64"]?.converted(to: .f32) == file["f64_as_f32"])
  }

  @Test(arguments: [ScalarType.f16, .bf16])
  func everyHalfSurvivesTheWayThroughFloat(type: ScalarType) throws {
    let bits = (0..<65536).filter {
      type == .f16 ? $0 & 0x7C00 != 0x7C00 || $0 & 0x3FF == 0 : $0 & 0x7F80 != 0x7F80 || $0 & 0x7F == 0
    }
    let halves = try WeightTensor(shape: [bits.count], type: type, bytes: bits.flatMap { UInt64($0).bytes(2) })
    #expect(try halves.converted(to: .f32).converted(to: type) == halves)
    #expect(try WeightTensor(shape: [1], type: type, bytes: type == .f16 ? [0x01, 0x7E] : [0xC1, 0x7F]).floats()[0].isNaN)
  }

  @Test func readsEveryType() throws {
    let file = try SafetensorsFile(contentsOf: Fixtures.path("types.safetensors"))
    #expect(file["i64"]?.floats() == [0x1p62, -0x1p62, 0])
    #expect(file["i32"]?.floats() == [1, -2, 0x1p31, -0x1p31])
    #expect(file["i16"]?.floats() == [-32768, 32767])
    #expect(file["i8"]?.floats() == [-128, 127, 5])
    #expect(file["u8"]?.floats() == [0, 255])
    #expect(file["bool"]?.floats() == [1, 0, 1])
    #expect(file["scalar"]?.floats() == [2.5])
    #expect(file["empty"]?.floats() == [])
    #expect(file["f32"]?.floats() == SeededValues.signed(count: 15, seed: 1).map { Float($0 * 4) })
    #expect(file["f64"]?.floats() == SeededValues.signed(count: 8, seed: 4).map { Float($0 * 4) })
  }

  @Test func countsAreChecked() {
    #expect(message { _ = try WeightTensor(shape: [2, 2], type: .f32, bytes: [1]) }.contains("takes 16 bytes, not 1"))
    #expect(message { _ = try WeightTensor(shape: [-1], type: .f32, bytes: []) }.contains("negative"))
    #expect(message { _ = try WeightTensor(shape: [.max, 4], type: .f32, bytes: []) }.contains("too large"))
    #expect(message { _ = try WeightTensor(floats: [1, 2], shape: [3]) }.contains("does not hold 2 values"))
    #expect(message { _ = try WeightTensor(floats: [1], shape: [1]).converted(to: .i8) }.contains("not as I8"))
  }

  @Test(arguments: [0, 1, UInt64.max])
  func seededValuesAreWhatPythonMakes(seed: UInt64) throws {
    let goldens = try Fixtures.goldens()
    #expect(goldens["seeded.uniform.\(seed)"]?.floats() == SeededValues.uniform(count: 64, seed: seed))
    let signed = SeededValues.signed(count: 64, seed: seed).flatMap { $0.bitPattern.bytes(8) }
    #expect(goldens["seeded.signed.\(seed)"]?.bytes == signed)
  }
}
