internal import Foundation
internal import Media

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Fetches a resource's files into a folder: downloads what is missing, goes on where an earlier run broke off, verifies, unpacks.
public struct FetchJob: Sendable {
  /// What to fetch.
  public var resource: Resource
  /// Where it goes.
  public var folder: String
  /// Other folders in which a file with the right checksum counts as being there.
  public var otherFolders: [String] = []
  /// Fetches anew what is there already.
  public var replace = false
  /// Patience.
  public var settings = TransferSettings()

  /// Fetches `resource` into `folder`.
  public init(_ resource: Resource, into folder: String) {
    self.resource = resource
    self.folder = folder
  }

  /// Starts the work on a thread of its own; `stop` is asked now and then whether to end early, with what has arrived kept for the next run.
  ///
  /// - Returns: Events; the last is `finished` or `present`, or `stopped`. Throws `FetchError`.
  public func run(until stop: @escaping @Sendable () -> Bool = { false }) -> AsyncThrowingStream<FetchEvent, any Error> {
    stream(until: stop) { emit, isStopped throws(FetchError) in
      // A wrong address is told before the first of several files is downloaded.
      for file in resource.files { _ = try Address(file.address) }
      for file in resource.files {
        let isDone =
          switch resource.kind {
          case .weights: try fetchWeights(file, emit, isStopped)
          case .photographs: try fetchPhotographs(file, emit, isStopped)
          }
        guard isDone else { return }
      }
    }
  }

  /// What a bank's part leaves beside its pictures when all are there.
  private struct Marker: Codable {
    var address: String
    var bytes: Int64
    var pictures: Int
  }

  private func download(
    _ file: RemoteFile, _ emit: @escaping (FetchEvent) -> Void, _ isStopped: @escaping () -> Bool
  ) throws(FetchError) -> FileLock? {
    try Downloader(
      file: file, address: Address(file.address), target: "\(folder)/\(file.name)", replace: replace,
      isUnpacked: resource.kind == .photographs, settings: settings, emit: emit, isStopped: isStopped
    ).run()
  }

  /// False where it was stopped.
  private func fetchWeights(
    _ file: RemoteFile, _ emit: @escaping (FetchEvent) -> Void, _ isStopped: @escaping () -> Bool
  ) throws(FetchError) -> Bool {
    let target = "\(folder)/\(file.name)"
    if !replace {
      for path in [target] + otherFolders.map({ "\($0)/\(file.name)" }) where FileManager.default.fileExists(atPath: path) {
        guard let digest = try fileDigest(path, isStopped: isStopped) else { return false }
        if file.checksum?.matches(digest) ?? true {
          emit(.present(path: path, pictures: nil))
          return true
        }
        if path == target {
          throw .exists(path: path, reason: "is not \(resource.name): its SHA-256 is \(digest)")
        }
        emit(.warning("\(path) is not what is published as \(resource.name): its SHA-256 is \(digest)"))
      }
    }
    guard let lock = try download(file, emit, isStopped) else { return false }
    withExtendedLifetime(lock) {
      emit(.finished(path: target, bytes: Disk.size(target) ?? 0, pictures: nil))
    }
    return true
  }

  private func fetchPhotographs(
    _ file: RemoteFile, _ emit: @escaping (FetchEvent) -> Void, _ isStopped: @escaping () -> Bool
  ) throws(FetchError) -> Bool {
    let archive = "\(folder)/\(file.name)"
    let markerPath = "\(folder)/.\(file.name).json"
    if !replace, let data = FileManager.default.contents(atPath: markerPath),
      let marker = try? JSONDecoder().decode(Marker.self, from: data)
    {
      emit(.present(path: folder, pictures: marker.pictures))
      return true
    }
    // Both libraries are asked for before hours of downloading.
    _ = try FetchLibraries.archive()
    var lock = Disk.size(archive) == nil ? nil : try FileLock(archive)
    if replace {
      unlink(markerPath)
      if lock != nil { unlink(archive) }
      lock = nil
    }
    if lock == nil { lock = try download(file, emit, isStopped) }
    guard let lock else { return false }
    return try withExtendedLifetime(lock) { () throws(FetchError) -> Bool in
      let unpacker = Unpacker(archive: archive, folder: folder, replace: replace, emit: emit, isStopped: isStopped)
      guard let tally = try unpacker.run() else { return false }
      if tally.links > 0 { emit(.warning("\(file.name): \(tally.links) links were left out")) }
      if tally.outside > 0 { emit(.warning("\(file.name): \(tally.outside) entries with unsafe names were left out")) }
      try write(Marker(address: try Address(file.address).shown, bytes: tally.bytes, pictures: tally.pictures), to: markerPath)
      unlink(archive)
      emit(.finished(path: folder, bytes: tally.bytes, pictures: tally.pictures))
      return true
    }
  }

  private func write(_ marker: Marker, to path: String) throws(FetchError) {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let output = try AtomicFile(target: path, replace: true)
      try output.write([UInt8](encoder.encode(marker)))
      try output.commit()
    } catch MediaError.diskFull {
      throw .diskFull(path: path, kept: 0)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }
}
