internal import BinaryFormats
internal import Foundation
internal import Media

/// A file as an artifact of type `model`: what W&B keeps versions of, and other runs can use.
struct WandbArtifact {
  let name: String
  private let path: String
  private let file: String
  private let size: Int
  /// Of the file, base64.
  private let digest: String

  /// - Throws: `TrackingError` where the file cannot be read.
  init(of path: String, name: String) throws(TrackingError) {
    do {
      let bytes = try readFile(path)
      size = bytes.count
      digest = Data(MD5.digest(bytes)).base64EncodedString()
    } catch {
      throw .file(path: path, reason: "it cannot be read")
    }
    self.path = URL(fileURLWithPath: path).path
    file = name
    self.name = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
  }

  /// What names the contents: MD5 of a header and a line `name:digest` for each file, in hexadecimal.
  var manifestDigest: String {
    MD5.digest(Array("wandb-artifact-manifest-v1\n\(file):\(digest)\n".utf8))
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The fields of `ArtifactRecord`.
  func write(to artifact: inout ProtobufWriter, _ settings: WandbSettings) {
    artifact.string(1, settings.runID)
    artifact.string(2, settings.project)
    if let entity = settings.entity { artifact.string(3, entity) }
    artifact.string(4, "model")
    artifact.string(5, name)
    artifact.string(6, manifestDigest)
    artifact.string(11, "latest")
    artifact.message(12) { manifest in
      manifest.integer(1, 1)
      manifest.string(2, "wandb-storage-policy-v1")
      manifest.message(3) { item in
        item.string(1, "storageLayout")
        item.string(2, "\"V2\"")
      }
      manifest.message(4) { entry in
        entry.string(1, file)
        entry.string(2, digest)
        entry.integer(4, size)
        entry.string(6, path)
        // The file is the run's own: it is uploaded from where it is and stays there.
        entry.integer(8, 1)
      }
    }
    artifact.integer(14, 1)
    artifact.string(15, WandbSettings.newRunID(letters: 128))
    artifact.string(16, WandbSettings.newRunID(letters: 128))
  }
}

extension WandbRecord {
  static func artifact(_ artifact: WandbArtifact, _ settings: WandbSettings) -> [UInt8] {
    record(.artifact) { artifact.write(to: &$0, settings) }
  }
}
