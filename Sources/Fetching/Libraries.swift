internal import CFetching

/// The system's libraries that fetching needs, opened on first use.
public enum FetchLibraries {
  /// libcurl's version.
  public static func curl() throws(FetchError) -> String {
    try curlLibrary.get()
  }

  /// libarchive's version.
  public static func archive() throws(FetchError) -> String {
    try archiveLibrary.get()
  }

  private static let curlLibrary: Result<String, FetchError> = load("libcurl", cf_load_curl, cf_curl_version)
  private static let archiveLibrary: Result<String, FetchError> = load("libarchive", cf_load_archive, cf_archive_version)

  private static func load(
    _ name: String, _ load: () -> UnsafePointer<CChar>?, _ version: () -> UnsafePointer<CChar>
  ) -> Result<String, FetchError> {
    if let reason = load() { return .failure(.missingLibrary(name: name, reason: String(cString: reason))) }
    return .success(String(cString: version()))
  }
}
