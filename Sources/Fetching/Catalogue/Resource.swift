/// What a file's SHA-256 must be.
public struct Checksum: Sendable, Hashable {
  /// The digest in hexadecimal, or its beginning where no more of it is published.
  public var hexadecimal: String

  /// A digest, or the beginning of one.
  public init(_ hexadecimal: String) {
    self.hexadecimal = hexadecimal
  }

  /// Whether a whole digest in hexadecimal is the expected one.
  public func matches(_ digest: String) -> Bool {
    digest.hasPrefix(hexadecimal)
  }
}

/// A file that can be fetched.
public struct RemoteFile: Sendable, Hashable {
  /// Its name on this machine.
  public var name: String
  /// Where it is: http or https.
  public var address: String
  /// Its exact size in bytes, where known.
  public var size: Int64?
  /// About how large it is, bytes.
  public var approximateSize: Int64
  /// Its checksum, where one is published.
  public var checksum: Checksum?

  /// A file that can be fetched.
  public init(name: String, address: String, size: Int64? = nil, approximateSize: Int64, checksum: Checksum? = nil) {
    self.name = name
    self.address = address
    self.size = size
    self.approximateSize = approximateSize
    self.checksum = checksum
  }
}

/// Something that can be fetched by its name.
public struct Resource: Sendable, Hashable {
  /// What becomes of the files.
  public enum Kind: Sendable, Hashable {
    /// Weights of a loss network: files that stay as they are.
    case weights
    /// A bank of photographs: zip files that are unpacked.
    case photographs
  }

  /// Its name on the command line.
  public var name: String
  /// What becomes of the files.
  public var kind: Kind
  /// What it is.
  public var summary: String
  /// Who made it, and under which terms.
  public var credit: String
  /// Its files.
  public var files: [RemoteFile]

  /// Something that can be fetched by its name.
  public init(name: String, kind: Kind, summary: String, credit: String, files: [RemoteFile]) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.credit = credit
    self.files = files
  }

  /// The same at other addresses, one a file and in their order.
  public func at(_ addresses: [String]) -> Resource {
    var other = self
    for (index, address) in addresses.prefix(files.count).enumerated() { other.files[index].address = address }
    return other
  }
}
