import Foundation
import StyleNetworks
import Testing

@Suite struct SafetensorsTests {
  @Test func readsWhatPythonWrote() throws {
    let file = try SafetensorsFile(contentsOf: Fixtures.path("python-written.safetensors"))
    #expect(file.metadata == ["title": "a \"quoted\" \\ line\nand \u{1} é 🎨", "format": "pt"])
    #expect(Set(file.names) == ["b", "a.weight", "ü"])
    #expect(file["ü"] == (try WeightTensor(shape: [2], type: .i64, bytes: UInt64(1).bytes(8) + UInt64(2).bytes(8))))
    let values = SeededValues.signed(count: 6, seed: 10).map { Float($0 * 4) }
    #expect(file["b"] == (try WeightTensor(floats: values, shape: [2, 3])))
    #expect(file["a.weight"]?.type == .bf16)
    #expect(file["missing"] == nil)
  }

  @Test func writesWhatItReads() throws {
    let file = try SafetensorsFile(contentsOf: Fixtures.path("python-written.safetensors"))
    let bytes = file.serialized()
    let again = try SafetensorsFile(bytes: bytes)
    #expect(again.metadata == file.metadata)
    for name in file.names { #expect(again[name] == file[name]) }
    #expect(again.serialized() == bytes)
    // The header starts with '{' and keeps the data aligned to 8.
    #expect(bytes[8] == UInt8(ascii: "{"))
    #expect(bytes[0] % 8 == 0)
  }

  @Test func widestTypesComeFirst() throws {
    var file = SafetensorsFile()
    file["half"] = try WeightTensor(shape: [1], type: .f16, bytes: [1, 2])
    file["double"] = try WeightTensor(shape: [1], type: .f64, bytes: Array(0..<8))
    let text = String(decoding: file.serialized().dropFirst(8), as: UTF8.self)
    #expect(text.hasPrefix(#"{"double":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"half":{"dtype":"F16","shape":[1],"#))
    file["half"] = nil
    #expect(file.names == ["double"])
  }

  @Test func writesBesideAndRenames() throws {
    try withTemporaryFolder { folder in
      var file = SafetensorsFile(metadata: ["a": "b"])
      file["x"] = try WeightTensor(floats: [1, 2, 3], shape: [3])
      let path = "\(folder)/out.safetensors"
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      try file.write(to: path)
      #expect(try SafetensorsFile(contentsOf: path) == file)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.safetensors"])
      let reason = message { try file.write(to: "\(folder)/missing/out.safetensors") }
      #expect(reason.contains("missing/out.safetensors: Cannot write the file"))
    }
  }

  /// A file of this header, unpadded, and so many bytes of data.
  static func file(_ header: String, data: Int = 4, length: UInt64? = nil) -> [UInt8] {
    (length ?? UInt64(header.utf8.count)).bytes(8) + header.utf8 + [UInt8](repeating: 0, count: data)
  }

  static func tensor(_ name: String = "a", dtype: String = "F32", shape: String = "[1]", offsets: String = "[0,4]") -> String {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  static let malformed: [Malformed] = [
    Malformed("empty", [], "fewer than 8 bytes"),
    Malformed("no header", UInt64(0).bytes(8), "does not start with '{'"),
    Malformed("above 100 MB", file("{}", length: 100_000_001), "limit of 100 MB"),
    Malformed("endless header", file("{}", length: .max), "limit of 100 MB"),
    Malformed("header cut off", file("{}", data: 0, length: 90), "but only 2 follow"),
    Malformed("leading space", file(" {}", data: 0), "does not start with '{'"),
    Malformed("hole", file("{\(tensor(offsets: "[4,8]"))}", data: 8), "hole of 4 bytes before 'a'"),
    Malformed("overlap", file("{\(tensor()),\(tensor("b"))}"), "overlaps another"),
    Malformed("trailing bytes", file("{\(tensor())}", data: 5), "1 bytes follow the last tensor"),
    Malformed("data without tensors", file("{}", data: 3), "3 bytes follow"),
    Malformed("cut off", file("{\(tensor())}", data: 3), "the file was cut off"),
    Malformed("duplicate name", file("{\(tensor()),\(tensor(offsets: "[4,8]"))}", data: 8), "the key 'a' is there twice"),
    Malformed("duplicate field", file(#"{"a":{"dtype":"F32","dtype":"F32"}}"#), "the key 'dtype' is there twice"),
    Malformed("duplicate by escape", file("{\(tensor()),\(tensor("\\u0061", offsets: "[4,8]"))}", data: 8), "there twice"),
    Malformed("size differs", file("{\(tensor(shape: "[2]"))}"), "takes 4 bytes where its shape and dtype say 8"),
    Malformed("shape overflows", file("{\(tensor(shape: "[4294967296,4294967296,4294967296]"))}"), "overflows"),
    Malformed("shape negative", file("{\(tensor(shape: "[-1]"))}"), "not a list of sizes"),
    Malformed("shape fractional", file("{\(tensor(shape: "[1.0]"))}"), "not a list of sizes"),
    Malformed("number too large", file("{\(tensor(shape: "[99999999999999999999]"))}"), "too large"),
    Malformed("offsets backwards", file("{\(tensor(offsets: "[4,0]"))}"), "not a begin and an end"),
    Malformed("one offset", file("{\(tensor(offsets: "[4]"))}"), "not a begin and an end"),
    Malformed("unknown dtype", file("{\(tensor(dtype: "F4"))}"), "unknown dtype 'F4'"),
    Malformed("no dtype", file(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#), "no dtype"),
    Malformed("tensor is a list", file(#"{"a":[]}"#), "'a' is not an object"),
    Malformed("metadata is a list", file(#"{"__metadata__":[]}"#, data: 0), "__metadata__ is not an object"),
    Malformed("metadata is a number", file(#"{"__metadata__":{"a":1}}"#, data: 0), "'a' is not a text"),
    Malformed("not UTF-8", UInt64(6).bytes(8) + [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7D], "not UTF-8"),
    Malformed("JSON cut off", file(#"{"a":"#, data: 0), "the JSON ends early"),
    Malformed("more JSON", file("{}{}", data: 0), "more after the JSON value"),
    Malformed("deep", file(#"{"a":"# + String(repeating: "[", count: 100_000), data: 0), "deeper than 8"),
    Malformed("lone surrogate", file(#"{"\ud800":1}"#, data: 0), "surrogate"),
    Malformed("comma at the end", file("{\(tensor()),}"), "a key is missing"),
    Malformed("leading zero", file("{\(tensor(shape: "[01]"))}"), "starts with 0"),
    Malformed("control character", file("{\"a\u{1}\":1}", data: 0), "control character"),
  ]

  @Test(arguments: malformed)
  func isRefusedWithItsReason(_ malformed: Malformed) {
    let reason = message { _ = try SafetensorsFile(bytes: malformed.bytes) }
    #expect(reason.contains(malformed.fragment), "\(malformed.name): '\(reason)'")
  }

  @Test func wellFormedCornersAreRead() throws {
    let spaced = "{ \(Self.tensor(shape: "[]")) , \(Self.tensor("none", shape: "[0,9]", offsets: "[4,4]")) }  "
    let file = try SafetensorsFile(bytes: Self.file(spaced))
    #expect(file["a"]?.shape == [])
    #expect(file["none"]?.count == 0)
    #expect(try SafetensorsFile(bytes: Self.file("{}", data: 0)).names.isEmpty)
  }

  @Test func mutationsNeverCrash() throws {
    let bytes = try Fixtures.bytes("python-written.safetensors")
    let values = SeededValues.uniform(count: 9000, seed: 1)
    var refused = 0
    for round in 0..<3000 {
      var mutated = bytes
      mutated[min(bytes.count - 1, Int(values[round * 3] * Float(bytes.count)))] = UInt8(values[round * 3 + 1] * 255.99)
      if round % 2 == 0 { mutated.removeLast(Int(values[round * 3 + 2] * 20)) }
      do { _ = try SafetensorsFile(bytes: mutated) } catch { refused += 1 }
    }
    #expect(refused > 1500)
  }
}
