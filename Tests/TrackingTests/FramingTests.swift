import BinaryFormats
import Foundation
import Testing

@testable import Tracking

@Suite struct FramingTests {
  private static func record(_ size: Int, _ seed: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) }
  }

  /// The log as its documentation describes it, read without the code under test.
  private static func plainRead(_ file: [UInt8]) -> [[UInt8]]? {
    var records: [[UInt8]] = []
    var open: [UInt8]?
    var position = 7
    while position < file.count {
      let room = 32768 - position % 32768
      if room < 7 {
        guard file[position...].prefix(room).allSatisfy({ $0 == 0 }) else { return nil }
        position += room
        continue
      }
      guard file.count - position >= 7 else { return nil }
      let size = Int(file[position + 4]) + 256 * Int(file[position + 5])
      let type = file[position + 6]
      guard 7 + size <= room, position + 7 + size <= file.count else { return nil }
      let sum = file[position..<(position + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard CRC32.zip.checksum(file[(position + 6)..<(position + 7 + size)]) == sum else { return nil }
      guard (open == nil) == (type == 1 || type == 2) else { return nil }
      let data = (open ?? []) + file[(position + 7)..<(position + 7 + size)]
      open = type == 1 || type == 4 ? nil : data
      if open == nil { records.append(data) }
      position += 7 + size
    }
    return open == nil ? records : nil
  }

  private static func file(_ records: [[UInt8]]) -> [UInt8] {
    var file = WandbLog.fileHeader
    for record in records { file += WandbLog.framed(record, at: file.count) }
    return file
  }

  @Test func `records of all sizes around the borders of blocks come back`() throws {
    // Of every size that leaves 0 to 20 bytes in its block, after a record that moves the start.
    let sizes = (-20...20).flatMap { (shift: Int) -> [Int] in [32754 + shift, 32761 + shift, 65515 + shift, 98304 + shift] }
    try inFolder { folder in
      for (index, size) in sizes.enumerated() {
        let records = [Self.record(index % 50, 1), Self.record(size, 2), [], Self.record(40_000, 3), Self.record(5, 4)]
        let file = Self.file(records)
        #expect(Self.plainRead(file) == records, "\(size)")
        let path = "\(folder)/\(index).wandb"
        try write(file, to: path)
        var found: [[UInt8]] = []
        let end = try WandbLog.read(path) { record in
          found.append(record)
          return true
        }
        #expect(found == records && end == file.count, "\(size)")
      }
    }
  }

  @Test(arguments: 0..<8) func `random records come back`(seed: Int) throws {
    var state = UInt64(seed) &+ 99
    func random(_ limit: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % limit)
    }
    let records = (0..<60).map { index in Self.record(random(3) == 0 ? random(100_000) : random(200), index) }
    #expect(Self.plainRead(Self.file(records)) == records)
  }

  @Test func `a file that ends anywhere is read up to its last whole record and can be continued`() throws {
    let records = [Self.record(100, 1), Self.record(32_600, 2), Self.record(40_000, 3), Self.record(60, 4)]
    let file = Self.file(records)
    let ends = (1...4).map { Self.file(Array(records.prefix($0))).count }
    try inFolder { folder in
      let path = folder + "/a.wandb"
      let cuts = Array(7...130) + Array(32_740...32_790) + Array((file.count - 80)...file.count) + [50_000]
      for cut in cuts {
        try write(Array(file.prefix(cut)), to: path)
        var found: [[UInt8]] = []
        let end = try WandbLog.read(path) { record in
          found.append(record)
          return true
        }
        let whole = ends.count { $0 <= cut }
        #expect(found == Array(records.prefix(whole)), "\(cut)")
        #expect(end == (whole == 0 ? 7 : ends[whole - 1]), "\(cut)")
        let log = try AppendingFile(continuing: path, length: end)
        try log.append(WandbLog.framed([1, 2, 3], at: log.length))
        try log.flush()
        #expect(try Self.plainRead(bytes(path)) == Array(records.prefix(whole)) + [[1, 2, 3]], "\(cut)")
      }
    }
  }

  @Test func `a damaged record ends the reading`() throws {
    try inFolder { folder in
      var file = Self.file([Self.record(10, 1), Self.record(10, 2), Self.record(10, 3)])
      file[7 + 17 + 9] ^= 1
      let path = folder + "/a.wandb"
      try write(file, to: path)
      var count = 0
      #expect(
        try WandbLog.read(path) { _ in
          count += 1
          return true
        } == 24)
      #expect(count == 1)
      try write(Array("something else".utf8), to: path)
      #expect(throws: TrackingError.damaged(path: path, reason: "it is no W&B file")) { try WandbLog.read(path) { _ in true } }
    }
  }

  @Test func `TensorBoard's framing`() {
    // The first record of every file that TensorFlow writes: 24 bytes, of which 9 are the time.
    let framed = TensorBoardEvent.framed([1, 2, 3])
    #expect(framed.count == 8 + 4 + 3 + 4)
    #expect(Array(framed.prefix(8)) == [3, 0, 0, 0, 0, 0, 0, 0])
    #expect(TensorBoardEvent.masked(0) == 0xA282_EAD8)
    #expect(TensorBoardEvent.masked(0xE306_9283) == (0x2507_C60D as UInt32) &+ 0xA282_EAD8)
  }
}
