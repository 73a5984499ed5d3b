/// How patient a download is.
public struct TransferSettings: Sendable, Hashable {
  /// Seconds for reaching a server.
  public var connectTimeout = 20
  /// Seconds with (almost) no data after which a connection counts as broken.
  public var stallTimeout = 30
  /// Attempts in a row that bring nothing new before it gives up.
  public var attempts = 6
  /// Seconds before the second attempt; doubled for each further one, up to half a minute.
  public var pause = 1.0
  /// How the program names itself to servers.
  public var userAgent = "clipmorph"
  /// A file of trusted certificates in place of the system's.
  public var certificates: String?

  /// The defaults.
  public init() {}
}
