import Foundation
import StyleNetworks
import Testing

/// The folder of the fixtures that `Tests/Goldens/make_checkpoint_fixtures.py` wrote.
enum Fixtures {
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: try path(name))))
  }

  /// PyTorch's answers.
  static func goldens() throws -> SafetensorsFile {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try SafetensorsFile(contentsOf: folder.appendingPathComponent("Goldens/networks.safetensors").path)
  }

  /// A file of real weights out of the folders that `CLIPMORPH_WEIGHTS` names, or nil.
  static func weights(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["CLIPMORPH_WEIGHTS"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}

/// A folder that is gone after the test.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("style-networks-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}

/// The message of the error that a body throws; "" where it throws none.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

extension UInt64 {
  /// Little-endian bytes.
  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: self >> (8 * UInt64($0))) } }
}

/// The CRC-32 of zip files, bit by bit: independent of the library's.
func plainCRC32(_ bytes: [UInt8], from start: UInt32 = 0) -> UInt32 {
  var crc = ~start
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return ~crc
}

/// Writes pickles opcode by opcode, right or wrong.
struct Pickle {
  var bytes: [UInt8] = [0x80, 2]

  static func build(_ body: (inout Pickle) -> Void) -> [UInt8] {
    var pickle = Pickle()
    body(&pickle)
    return pickle.bytes + [UInt8(ascii: ".")]
  }

  mutating func op(_ opcode: Unicode.Scalar) { bytes.append(UInt8(ascii: opcode)) }

  mutating func text(_ text: String) {
    op("X")
    bytes += UInt64(text.utf8.count).bytes(4) + text.utf8
  }

  mutating func global(_ module: String, _ name: String) {
    op("c")
    bytes += "\(module)\n\(name)\n".utf8
  }

  /// LONG1, 8 bytes: any number, of either sign.
  mutating func integer(_ value: Int) { bytes += [0x8A, 8] + UInt64(bitPattern: Int64(value)).bytes(8) }

  mutating func tuple(_ values: [Int]) {
    op("(")
    for value in values { integer(value) }
    op("t")
  }

  /// A storage's persistent id.
  mutating func storage(key: String = "0", type: String = "FloatStorage", count: Int, legacy: Bool, view: [Int]? = nil) {
    op("(")
    text("storage")
    global("torch", type)
    text(key)
    text("cuda:0")
    integer(count)
    if legacy {
      if let view {
        op("(")
        text("view")
        for value in view { integer(value) }
        op("t")
      } else {
        op("N")
      }
    }
    op("t")
    op("Q")
  }

  /// `_rebuild_tensor_v2` of a storage.
  mutating func tensor(
    key: String = "0", type: String = "FloatStorage", count: Int = 4, offset: Int = 0, shape: [Int] = [2, 2],
    strides: [Int] = [2, 1], legacy: Bool = false, view: [Int]? = nil
  ) {
    global("torch._utils", "_rebuild_tensor_v2")
    op("(")
    storage(key: key, type: type, count: count, legacy: legacy, view: view)
    integer(offset)
    tuple(shape)
    tuple(strides)
    bytes.append(0x89)
    global("collections", "OrderedDict")
    op(")")
    op("R")
    op("t")
    op("R")
  }

  /// A state dict with the one tensor `weight`.
  static func stateDict(_ tensor: (inout Pickle) -> Void) -> [UInt8] {
    build {
      $0.op("}")
      $0.text("weight")
      tensor(&$0)
      $0.op("s")
    }
  }
}

/// Writes zip archives with stored entries, right or wrong.
struct Zip {
  struct Entry {
    var name: String
    var data: [UInt8]
    var method: UInt64 = 0
    var flags: UInt64 = 0
    var checksum: UInt32?
    /// The offset in the directory, where it is to lie.
    var offset: Int?
    var localName: String?
    var size: Int?
  }

  static func archive(_ entries: [Entry], zip64: [UInt8] = [], count: Int? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let checksum = UInt64(entry.checksum ?? plainCRC32(entry.data)).bytes(4)
      let size = UInt64(entry.size ?? entry.data.count).bytes(4)
      let local = entry.localName ?? entry.name
      let offset = entry.offset ?? bytes.count
      let middle = entry.flags.bytes(2) + entry.method.bytes(2) + [0, 0, 0, 0] + checksum + size + size
      bytes += [0x50, 0x4B, 3, 4, 20, 0] + middle + UInt64(local.utf8.count).bytes(2) + [0, 0] + local.utf8 + entry.data
      directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + middle + UInt64(entry.name.utf8.count).bytes(2)
      directory += [UInt8](repeating: 0, count: 12) + UInt64(offset).bytes(4) + entry.name.utf8
    }
    let number = UInt64(count ?? entries.count).bytes(2)
    let start = UInt64(bytes.count).bytes(4)
    return bytes + directory + zip64 + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + number + number
      + UInt64(directory.count).bytes(4) + start + [0, 0]
  }

  /// A checkpoint as `torch.save` writes it, with storage 0 unless others are given.
  static func checkpoint(
    _ pickle: [UInt8], storages: [Entry] = [Entry(name: "a/data/0", data: Array(0..<16))], byteorder: String = "little"
  ) -> [UInt8] {
    archive([Entry(name: "a/data.pkl", data: pickle), Entry(name: "a/byteorder", data: Array(byteorder.utf8))] + storages)
  }
}

/// Writes the legacy container, right or wrong.
enum Legacy {
  static let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

  static func checkpoint(
    _ pickle: [UInt8], version: Int = 1001, littleEndian: Bool = true, keys: [String] = ["0"], counts: [Int] = [4],
    data: [UInt8] = Array(0..<16)
  ) -> [UInt8] {
    let machine = Pickle.build {
      $0.op("}")
      $0.text("little_endian")
      $0.bytes.append(littleEndian ? 0x88 : 0x89)
      $0.op("s")
    }
    let list = Pickle.build {
      $0.op("]")
      $0.op("(")
      for key in keys { $0.text(key) }
      $0.op("e")
    }
    var bytes = magic + Pickle.build { $0.integer(version) } + machine + pickle + list
    for (index, count) in counts.enumerated() { bytes += UInt64(bitPattern: Int64(count)).bytes(8) + (index == 0 ? data : []) }
    return bytes
  }
}
