internal import Foundation

/// An address that may be fetched from: http or https, with a host.
struct Address: Sendable, Hashable {
  /// The whole, as it is asked for.
  let text: String
  /// Whether the way there is encrypted.
  let isSecure: Bool
  /// The same without a user's name and password, for messages and notes.
  let shown: String

  init(_ text: String) throws(FetchError) {
    guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else {
      throw .invalidAddress(address: text, reason: "it is no address; give one that begins with https:// or http://")
    }
    let named = parts.user != nil || parts.password != nil
    parts.user = nil
    parts.password = nil
    shown = named ? parts.string ?? "\(scheme)://\(parts.host ?? "")" : text
    guard scheme == "https" || scheme == "http" else {
      throw .invalidAddress(address: shown, reason: "only https and http are fetched from")
    }
    guard let host = parts.host, !host.isEmpty else { throw .invalidAddress(address: shown, reason: "it names no server") }
    self.text = text
    isSecure = scheme == "https"
  }

  /// Where a redirect leads, if it may be followed.
  func redirected(to target: String) throws(FetchError) -> Address {
    let next: Address
    do {
      next = try Address(target)
    } catch {
      guard case .invalidAddress(let address, let reason) = error else { throw error }
      throw .redirect(address: shown, to: address, reason: reason)
    }
    guard next.isSecure || !isSecure else {
      throw .redirect(address: shown, to: next.shown, reason: "it leaves encryption")
    }
    return next
  }
}
