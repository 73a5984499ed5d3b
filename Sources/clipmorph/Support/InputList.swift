import Foundation
import Media

/// Inputs as a user names them (files, folders, patterns), each with the output that belongs to it.
struct InputList {
  /// One piece of work.
  struct Job: Equatable {
    var input: String
    var output: String
  }

  /// What cannot be worked on.
  enum Problem: Error, CustomStringConvertible {
    case noMatch(String)
    case emptyFolder(String, recursive: Bool?)
    case severalToOne(String)
    case noFolder(String)
    case cannotMakeFolder(String, reason: String)
    case sameInput(String)

    var status: Int32 {
      switch self {
      case .noMatch, .emptyFolder: Failure.noInput
      default: Failure.cannotCreate
      }
    }

    var description: String {
      switch self {
      case .noMatch(let pattern): "nothing matches \(pattern); check the pattern"
      case .emptyFolder(let path, let recursive):
        "\(path) holds no pictures or clips\(recursive == false ? "; add -r to look into its folders too" : "")"
      case .severalToOne(let path): "several inputs cannot become one file \(path); give a folder with -o, such as \(path)/"
      case .noFolder(let path): "there is no folder \(path) to write to; make it first"
      case .cannotMakeFolder(let path, let reason): "the folder \(path) cannot be made: \(reason)"
      case .sameInput(let path): "standard input can be read once; \(path) is given twice"
      }
    }
  }

  let jobs: [Job]
  /// Whether more than one input was meant, so that one's failure does not end the work.
  let isBatch: Bool

  /// - Parameters:
  ///   - output: a file, a folder, or `-`; nil names outputs after their inputs and the style.
  ///   - recursive: whether folders' folders are looked into; nil where the user cannot ask for it.
  ///   - sparing: what else is read, and no output may replace.
  init(_ arguments: [String], output: String?, style: String, recursive: Bool?, sparing others: [String] = []) throws {
    var sources: [(path: String, relative: String)] = []
    var batch = arguments.count > 1
    for argument in arguments {
      if argument == "-" {
        sources.append(("-", "-"))
      } else if isFolder(argument) {
        batch = true
        let inside = try InputList.files(in: argument, recursive: recursive == true, leavingOut: output)
        guard !inside.isEmpty else { throw Problem.emptyFolder(argument, recursive: recursive) }
        sources += inside
      } else if !FileManager.default.fileExists(atPath: argument), argument.contains(where: { "*?[".contains($0) }) {
        batch = true
        let matches = InputList.matches(of: argument)
        guard !matches.isEmpty else { throw Problem.noMatch(argument) }
        for match in matches {
          sources +=
            isFolder(match)
            ? try InputList.files(in: match, recursive: recursive == true, leavingOut: output) : [(match, lastComponent(match))]
        }
      } else {
        sources.append((argument, lastComponent(argument)))
      }
    }
    isBatch = batch
    jobs = try InputList.outputs(for: sources, output: output, style: style, batch: batch, sparing: others)
  }

  private static func outputs(
    for sources: [(path: String, relative: String)], output: String?, style: String, batch: Bool, sparing others: [String]
  ) throws -> [Job] {
    let styleName = StyleReference.label(style)
    if let output, !batch, !isFolder(output), !output.hasSuffix("/") {
      try checkOutput(output, isNoneOf: others)
      return sources.map { Job(input: $0.path, output: output) }
    }
    if let output, output == "-" || (!isFolder(output) && FileManager.default.fileExists(atPath: output)) {
      throw Problem.severalToOne(output)
    }
    if let output, !output.hasSuffix("/"), !isFolder(output),
      PictureFormat(outputPath: output) != nil || VideoContainer(path: output) != nil
    {
      throw Problem.severalToOne(output)
    }
    var taken: Set<String> = []
    let inputs = Set((sources.map(\.path) + others).compactMap { FileIdentity(path: $0) })
    return sources.map { source in
      let own = FileIdentity(path: source.path)
      // Another input is not painted over. A name that is the input's own stays, to be refused.
      func isFree(_ target: String) -> Bool {
        guard !taken.contains(target) else { return false }
        return FileIdentity(path: target).map { $0 == own || !inputs.contains($0) } ?? true
      }
      let folder = output.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
      let parts = split(source.relative)
      func name(_ middle: String) -> String {
        let tail = (folder == nil ? "-\(styleName)" : "") + "." + outputExtension(for: parts.suffix, of: source.path)
        return (folder.map { $0.isEmpty ? "/" : $0 + "/" } ?? "") + parts.stem + middle + tail
      }
      if source.path == "-" { return Job(input: "-", output: folder == nil ? "-" : name("stdin")) }
      var target = name("")
      // Two inputs of the same name and different kind do not share an output.
      if !isFree(target) { target = name("-" + parts.suffix.lowercased()) }
      var count = 2
      while !isFree(target) {
        target = name("-\(count)")
        count += 1
      }
      taken.insert(target)
      return Job(input: source.path, output: target)
    }
  }

  /// Makes the folder that an output needs. A single output's folder must be there: a slip of the pen makes no folders.
  func prepareFolder(for job: Job) throws {
    guard job.output != "-", let slash = job.output.lastIndex(of: "/") else { return }
    let folder = String(job.output[..<slash])
    guard !folder.isEmpty, !isFolder(folder) else { return }
    guard isBatch else { throw Problem.noFolder(folder) }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Problem.cannotMakeFolder(folder, reason: (error as NSError).localizedDescription)
    }
  }

  private static let extensions: Set<String> = [
    "jpg", "jpeg", "jpe", "png", "webp", "tif", "tiff", "bmp", "mp4", "m4v", "mov", "mkv", "webm", "avi", "gif", "apng", "ts",
    "mts",
    "m2ts", "mpg", "mpeg", "flv", "wmv", "3gp", "ogv", "y4m", "mxf",
  ]

  /// The media files in a folder. Where the output folder lies inside it, what an earlier run has painted is not painted again.
  private static func files(
    in folder: String, recursive: Bool, leavingOut output: String?
  ) throws -> [(path: String, relative: String)] {
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let whole = URL(fileURLWithPath: base).standardizedFileURL.path + "/"
    let made = output.map { URL(fileURLWithPath: $0).standardizedFileURL.path + "/" }
    let inner = made.flatMap { $0 != whole && $0.hasPrefix(whole) ? String($0.dropFirst(whole.count)) : nil }
    let names: [String]
    do {
      names =
        recursive
        ? try FileManager.default.subpathsOfDirectory(atPath: base) : try FileManager.default.contentsOfDirectory(atPath: base)
    } catch {
      throw MediaError.unreadable(path: folder, reason: "the folder cannot be listed")
    }
    return names.sorted().filter { name in
      extensions.contains(split(name).suffix.lowercased()) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
        && !isFolder(base + "/" + name) && inner.map { !name.hasPrefix($0) } ?? true
    }.map { (base + "/" + $0, $0) }
  }

  private static func matches(of pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { index in result.gl_pathv[index].map { String(cString: $0) } }
  }

  /// The format that an input comes out in where the user does not say: its own where that can be written. An animated PNG, and whatever has the
  /// other kind's name, goes by its contents.
  private static func outputExtension(for suffix: String, of path: String) -> String {
    let lower = suffix.lowercased()
    let isPictures = PictureFormat(outputPath: "x." + lower) != nil || ["tif", "tiff", "bmp", "jpe"].contains(lower)
    switch try? MediaKind(path: path) {
    case .clip where isPictures: return "mp4"
    case .picture where !isPictures: return "png"
    default: break
    }
    switch lower {
    case "tif", "tiff", "bmp": return "png"
    case "jpe": return "jpg"
    default: return isPictures || VideoContainer(path: "x." + lower) != nil && lower != "y4m" ? lower : "mp4"
    }
  }
}

/// All files in a folder and below it; none where there is no folder.
func filesBelow(_ folder: String) -> [String] {
  (FileManager.default.subpaths(atPath: folder) ?? []).map { folder + "/" + $0 }
}

private func isFolder(_ path: String) -> Bool {
  var folder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder.boolValue
}

private func lastComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// A name before and after its last dot; a leading dot is part of the name.
private func split(_ name: String) -> (stem: String, suffix: String) {
  let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
  guard let dot = name.lastIndex(of: "."), dot > start else { return (name, "") }
  return (String(name[..<dot]), String(name[name.index(after: dot)...]))
}
