internal import Foundation
internal import Imaging
internal import Media
public import OpticalFlow

/// A flow that was measured, as the Middlebury benchmark stores it (Baker et al. 2011): `PIEH`, width and height as 32-bit integers, then x and
/// y of each pixel as 32-bit floats, all little-endian. What is unknown is above 1e9.
public struct FlowFile: Sendable {
  /// The flow; unknown displacements are zero.
  public let flow: Flow
  /// Whether a pixel's displacement is known, row by row.
  public let known: [Bool]

  /// Reads a file.
  public init(contentsOf path: String) throws {
    try self.init(bytes: readFile(path), path: path)
  }

  /// Reads a file's bytes; `path` names it in errors.
  public init(bytes: [UInt8], path: String) throws(EvaluationError) {
    func fail(_ reason: String) -> EvaluationError { .unusableFlow(path: path, reason: reason) }
    guard bytes.count >= 12, bytes.starts(with: Array("PIEH".utf8)) else { throw fail("it does not begin with PIEH and a size") }
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    let width = Int(Int32(bitPattern: word(4)))
    let height = Int(Int32(bitPattern: word(8)))
    guard (1...32767).contains(width), (1...32767).contains(height) else { throw fail("it says \(width)x\(height) pixels") }
    guard bytes.count == 12 + 8 * width * height else {
      throw fail("\(width)x\(height) pixels take \(12 + 8 * width * height) bytes, it has \(bytes.count)")
    }
    var known = [Bool](repeating: true, count: width * height)
    var vectors = [SIMD2<Float>](repeating: .zero, count: width * height)
    for index in vectors.indices {
      let vector = SIMD2(Float(bitPattern: word(12 + 8 * index)), Float(bitPattern: word(16 + 8 * index)))
      // NaN compares as false.
      known[index] = abs(vector.x) < 1e9 && abs(vector.y) < 1e9
      if known[index] { vectors[index] = vector }
    }
    self.known = known
    do throws(FlowError) {
      flow = try Flow(width: width, height: height, vectors: vectors)
    } catch {
      throw fail(error.description)
    }
  }
}

/// Two frames with known flow between them.
struct MiddleburyPair: Sendable {
  let folder: String
  var name: String { folder.split(separator: "/").last.map(String.init) ?? folder }

  /// The pairs in a folder, itself or its folders: each has frame10.png, frame11.png and flow10.flo.
  static func all(in folder: String) throws -> [MiddleburyPair] {
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let pairs = ([folder] + inside.sorted().map { "\(folder)/\($0)" }).filter {
      FileManager.default.fileExists(atPath: "\($0)/flow10.flo")
    }
    guard !pairs.isEmpty else { throw EvaluationError.noSequences(folder: folder) }
    return pairs.map(MiddleburyPair.init)
  }

  /// The frames, the later first: the flow leads from the second to the first. Occlusions are not known and count, in the source too.
  func load() throws -> KnownSequence {
    let file = try FlowFile(contentsOf: folder + "/flow10.flo")
    let frames = try ["frame11.png", "frame10.png"].map { try Picture(contentsOf: "\(folder)/\($0)").image.inEightBits() }
    for frame in frames where (frame.width, frame.height) != (file.flow.width, file.flow.height) {
      throw EvaluationError.unusableFlow(
        path: folder + "/flow10.flo",
        reason: "it has \(file.flow.width)x\(file.flow.height) pixels, the frames \(frame.width)x\(frame.height)")
    }
    return KnownSequence(frames: frames, flow: file.flow, mask: file.flow.inside { file.known[$0] })
  }
}
