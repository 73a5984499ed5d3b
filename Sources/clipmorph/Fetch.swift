import ArgumentParser
import Fetching
import Training

struct Fetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Download loss networks and photo banks: resumed, verified, unpacked.",
    discussion: """
      \(Resource.all.map(Fetch.paragraph).joined(separator: "\n"))

      Weights go into ~/.cache/clipmorph/weights, where clipmorph train finds them, banks into a folder of their name; --to names another.
      What has arrived lies in NAME.part until it is whole: after an interruption the same command goes on from there. Weights are compared
      with their published SHA-256, the pictures of zip files with the checksums in them; a zip file is removed when it is unpacked.

      CLIPMORPH_MIRROR names an address whose files are asked for instead, under the names that they get here. Proxies are taken from
      http_proxy, https_proxy and no_proxy, certificates from SSL_CERT_FILE where it is set.

      EXAMPLES
        clipmorph fetch vgg19
        clipmorph fetch coco --to photographs/coco

      EXIT STATUS
        0 done, 1 some of several names failed, 64 usage, 65 wrong checksum or damaged file, 69 server, network or library, 73 output cannot be
        made, 74 reading or writing failed, such as on a full disk, 129 terminal closed, 130 Ctrl-C, 143
        terminated.
      """)

  @Argument(
    help: ArgumentHelp("What to fetch: \(Resource.all.map(\.name).joined(separator: ", ")).", valueName: "name"),
    completion: .list(Resource.all.map(\.name)))
  var names: [String]

  @Option(help: ArgumentHelp("The folder to fetch into.", valueName: "dir"), completion: .directory)
  var to: String?

  @Option(
    help: ArgumentHelp("Another address of the same file; for visual-genome one for each part, in order.", valueName: "url"))
  var from: [String] = []

  @Flag(help: "Fetch anew what is there already.")
  var overwrite = false

  @Flag(help: "Print events as JSON, one a line.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  @Option(help: ArgumentHelp("Seconds without data after which a connection counts as broken.", visibility: .hidden))
  var stallTimeout: Int?

  @Option(help: ArgumentHelp("Seconds before the second attempt.", visibility: .hidden))
  var retryPause: Double?

  func validate() throws {
    for name in names where Resource.named(name) == nil {
      throw ValidationError("there is no \(name) to fetch; there are \(Resource.all.map(\.name).joined(separator: ", "))")
    }
    if !from.isEmpty {
      guard names.count == 1, let resource = Resource.named(names[0]) else {
        throw ValidationError("--from is for one name at a time")
      }
      guard from.count == resource.files.count else {
        throw ValidationError(
          "\(resource.name) is \(resource.files.count) file\(resource.files.count == 1 ? "" : "s"): give --from once for each")
      }
    }
    if let stallTimeout, !(1...3600).contains(stallTimeout) { throw ValidationError("--stall-timeout is outside 1 to 3600") }
    if let retryPause, !(0...3600).contains(retryPause) { throw ValidationError("--retry-pause is outside 0 to 3600") }
  }

  func run() async throws {
    Signals.deferFirst()
    var printer = FetchPrinter(json: json, quiet: quiet)
    var failures = 0
    for resource in names.compactMap(Resource.named) {
      do {
        try await printer.show(resource, of: job(resource))
      } catch {
        guard let failure = Failure(error) else { throw error }
        printer.fail(resource, failure, goesOn: names.count > 1)
        guard names.count > 1 else { throw error }
        failures += 1
      }
    }
    if failures > 0 { throw ExitCode(Failure.someInputs) }
  }

  private func job(_ resource: Resource) throws -> FetchJob {
    let folder: String
    switch resource.kind {
    case .photographs: folder = to ?? resource.name
    case .weights:
      guard let place = to ?? WeightFiles.cache else {
        throw CommandProblem(
          message: "there is no cache folder, as neither HOME nor XDG_CACHE_HOME is set; name a folder with --to",
          status: Failure.cannotCreate)
      }
      folder = place
    }
    var job = Mirror.job(resource, into: folder.withoutEndSlash)
    if !from.isEmpty { job.resource = resource.at(from) }
    if to == nil, resource.kind == .weights { job.otherFolders = WeightFiles.folders.filter { $0 != folder } }
    job.replace = overwrite
    if let stallTimeout {
      job.settings.stallTimeout = stallTimeout
      job.settings.connectTimeout = stallTimeout
    }
    if let retryPause { job.settings.pause = retryPause }
    return job
  }

  private static func paragraph(_ resource: Resource) -> String {
    let size = byteText(resource.files.map(\.approximateSize).reduce(0, +))
    return "\(resource.name): \(resource.summary), \(size). \(resource.credit)."
  }
}

extension String {
  fileprivate var withoutEndSlash: String {
    count > 1 && hasSuffix("/") ? String(dropLast()).withoutEndSlash : self
  }
}
