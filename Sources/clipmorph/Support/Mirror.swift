import Fetching
import Foundation

/// Where files are fetched from, as the environment says.
enum Mirror {
  /// Fetching into a folder, with the environment's settings.
  static func job(_ resource: Resource, into folder: String) -> FetchJob {
    var job = FetchJob(self.resource(resource), into: folder)
    job.settings = settings
    return job
  }

  /// The resource at `CLIPMORPH_MIRROR`, or as it is.
  private static func resource(_ resource: Resource) -> Resource {
    guard var place = ProcessInfo.processInfo.environment["CLIPMORPH_MIRROR"], !place.isEmpty else { return resource }
    if !place.hasSuffix("/") { place += "/" }
    return resource.at(resource.files.map { place + $0.name })
  }

  /// Certificates as curl takes them, and the program's name.
  private static var settings: TransferSettings {
    let environment = ProcessInfo.processInfo.environment
    var settings = TransferSettings()
    settings.userAgent = "clipmorph/\(Clipmorph.version)"
    settings.certificates = [environment["CURL_CA_BUNDLE"], environment["SSL_CERT_FILE"]].compactMap(\.self).first { !$0.isEmpty }
    return settings
  }
}
