#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A style on disk: one safetensors file that holds the network and describes itself.
///
/// Its `__metadata__` has `format` = `clipmorph-style`, `version` = `1`, `architecture` (JSON of `Architecture`) and `card` (JSON of
/// `StyleCard`), and may have `sample` (a JPEG in base64, see `SamplePicture`); its tensors are the parameters under their PyTorch names.
public struct StyleFile: Sendable, Equatable {
  /// The network.
  public var network: StyleNetwork
  /// What the style says about itself.
  public var card: StyleCard
  /// A small picture of what it does, where it has one.
  public var sample: SamplePicture?

  private static let format = "clipmorph-style"
  private static let version = "1"

  /// Puts a style together.
  public init(network: StyleNetwork, card: StyleCard, sample: SamplePicture? = nil) {
    self.network = network
    self.card = card
    self.sample = sample
  }

  /// Reads a style.
  ///
  /// - Throws: `StyleNetworkError.inFile` around `notAStyle`, `malformedSafetensors`, or what does not fit.
  public init(contentsOf path: String) throws(StyleNetworkError) {
    let bytes = try FileAccess.read(path)
    self = try inFile(path) { () throws(StyleNetworkError) in try StyleFile(bytes: bytes) }
  }

  /// Reads a style's bytes; see `init(contentsOf:)`.
  public init(bytes: [UInt8]) throws(StyleNetworkError) {
    if TorchCheckpoint.isLikely(bytes) {
      throw .notAStyle(reason: "it looks like a PyTorch checkpoint; run `clipmorph import FILE.pth -o FILE.safetensors` first")
    }
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
      throw .notAStyle(reason: "it is not a safetensors file")
    }
    let file = try SafetensorsFile(bytes: bytes)
    guard file.metadata["format"] == Self.format else {
      throw .notAStyle(
        reason: "it is a safetensors file without ClipMorph's description (metadata 'format' is not '\(Self.format)')")
    }
    guard let version = file.metadata["version"], version == Self.version else {
      throw .notAStyle(
        reason: "it is a style of version \(quoted(file.metadata["version"] ?? "")), and this ClipMorph reads version"
          + " \(Self.version); update ClipMorph")
    }
    let architecture = try Self.decode(Architecture.self, "architecture", in: file)
    card = try Self.decode(StyleCard.self, "card", in: file)
    guard card.strain.map(StyleCard.strains.contains) ?? true else {
      throw .notAStyle(
        reason: "its card has a strain that does not lie in \(StyleCard.strains.lowerBound) to \(StyleCard.strains.upperBound)")
    }
    sample = try file.metadata["sample"].map { text throws(StyleNetworkError) in try Self.sample(base64: text) }
    let weights = Dictionary(
      uniqueKeysWithValues: file.names.compactMap { name in file[name].map { (name, $0) } })
    network = try StyleNetwork(architecture: architecture, weights: weights)
  }

  /// The style's bytes: the same style gives the same bytes.
  ///
  /// - Throws: `StyleNetworkError.unwritable` where a number on the card has no JSON form.
  public func serialized() throws(StyleNetworkError) -> [UInt8] {
    var file = SafetensorsFile(metadata: [
      "format": Self.format, "version": Self.version, "architecture": try Self.encode(network.architecture),
      "card": try Self.encode(card),
    ])
    if let sample { file.metadata["sample"] = Data(sample.jpeg).base64EncodedString() }
    for (name, _) in network.architecture.parameterShapes { file[name] = network.weights[name] }
    return file.serialized()
  }

  /// Writes the style beside the target and renames it when whole. To store smaller, write `network.converted(to:)`.
  ///
  /// - Throws: `StyleNetworkError.inFile` around `unwritable`.
  public func write(to path: String) throws(StyleNetworkError) {
    let bytes = try inFile(path) { () throws(StyleNetworkError) in try serialized() }
    try FileAccess.write(bytes, to: path)
  }

  private static func sample(base64 text: String) throws(StyleNetworkError) -> SamplePicture {
    // Four letters for three bytes; what is longer is not even decoded.
    guard text.utf8.count <= (SamplePicture.byteLimit + 2) / 3 * 4 else {
      throw .invalidSample(reason: "it has more than \(SamplePicture.byteLimit) bytes")
    }
    guard let data = Data(base64Encoded: text) else { throw .invalidSample(reason: "it is not in base64") }
    return try SamplePicture(jpeg: [UInt8](data))
  }

  private static func decode<T: Decodable>(
    _: T.Type, _ key: String, in file: SafetensorsFile
  ) throws(StyleNetworkError) -> T {
    guard let text = file.metadata[key] else { throw .notAStyle(reason: "its metadata lacks '\(key)'") }
    do {
      return try JSONDecoder().decode(T.self, from: Data(text.utf8))
    } catch let DecodingError.keyNotFound(missing, _) {
      throw .notAStyle(reason: "its metadata '\(key)' lacks \(quoted(missing.stringValue))")
    } catch let DecodingError.dataCorrupted(context) {
      throw .notAStyle(reason: "its metadata '\(key)' cannot be read: \(quoted(context.debugDescription))")
    } catch {
      throw .notAStyle(reason: "its metadata '\(key)' has a value of the wrong kind")
    }
  }

  private static func encode(_ value: some Encodable) throws(StyleNetworkError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw .unwritable(reason: "a number on the style's card is infinite or not a number")
    }
  }
}
