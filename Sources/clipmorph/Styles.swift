import ArgumentParser
import Engine
import Foundation
import Imaging
import Media
import StyleNetworks
import Stylization

struct Styles: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the styles, show one's card, or one photograph in all of them.",
    discussion: """
      EXAMPLES
        clipmorph styles
        clipmorph styles starry-night
        clipmorph styles starry-night --sample starry.jpg
        clipmorph styles --contact-sheet all.png portrait.jpg

      Folders in CLIPMORPH_STYLES (separated by colons) are looked into as well.
      """)

  @Argument(help: "A style's name or file; for a contact sheet the photograph.", completion: .file())
  var name: String?

  @Option(help: "Which of its networks: original, balanced, fast, still.")
  var tier: StyleTier?

  @Option(
    help: ArgumentHelp("Paint the photograph in every style, on one sheet (jpg, png, webp).", valueName: "file"),
    completion: .file(extensions: ["png", "jpg", "webp"]))
  var contactSheet: String?

  @Option(help: "Width or height of a picture on the sheet, the longer of them.")
  var size = 480

  @Option(
    help: ArgumentHelp("Write the small picture that the style's file carries (jpg, png, webp).", valueName: "file"),
    completion: .file(extensions: ["jpg"]))
  var sample: String?

  @Flag(help: "Replace outputs that exist.")
  var overwrite = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func validate() throws {
    guard (64...2048).contains(size) else { throw ValidationError("--size \(size) is outside 64 to 2048") }
    if contactSheet != nil, name == nil { throw ValidationError("--contact-sheet needs the photograph to paint") }
    if sample != nil, name == nil { throw ValidationError("--sample needs the style whose picture is meant") }
    if sample != nil, contactSheet != nil { throw ValidationError("--sample and --contact-sheet are two different things") }
  }

  func run() throws {
    let library = StyleLibrary()
    if let contactSheet, let name {
      try writeSheet(of: name, to: contactSheet, library: library)
    } else if let sample, let name {
      try writeSample(of: name, to: sample, library: library)
    } else if let name {
      StandardOutput.write(try StyleCardText(name, tier: tier, library: library).text)
    } else {
      StandardOutput.write(StyleTable(library, tier: tier).text)
    }
  }

  private func writeSample(of name: String, to output: String, library: StyleLibrary) throws {
    let reference = try library.reference(name, tier: tier)
    try checkOutput(output, isNoneOf: reference.files)
    guard let picture = try reference.read().sample else {
      throw CommandProblem(message: "\(name) carries no sample; add one with: clipmorph export --sample", status: Failure.style)
    }
    // Decoded and encoded anew: what a stranger's file says is a JPEG goes through a decoder before anybody opens it.
    try write(Picture(image: Picture(bytes: picture.jpeg, path: "the sample in \(name)").image), to: output)
  }

  private func writeSheet(of photograph: String, to output: String, library: StyleLibrary) throws {
    guard PictureFormat(outputPath: output) != nil else {
      throw MediaError.unsupportedOutput(path: output, reason: "a contact sheet is written as .jpg, .png or .webp")
    }
    try checkOutput(output, isNoneOf: [photograph])
    try AtomicFile(target: output, replace: overwrite).discard()
    // Painted at twice the size at which it is shown: strokes then look as they do on a whole picture.
    let picture = try Picture(contentsOf: photograph, longerSide: 2 * size).image.inEightBits()
    let cell = scaledSize(width: picture.width, height: picture.height, longerSide: size)
    var sheet = ContactSheet()
    sheet.cells.append(
      .init(image: picture.resized(width: cell.width, height: cell.height), name: "photograph", about: lastComponent(photograph)))
    for style in library.styles where tier.map({ style.files[$0] != nil }) ?? true {
      do {
        let path = try library.path(style.name, tier: tier, suits: StyleTier.forPictures)
        let file = try StyleFile(contentsOf: path)
        let network = try EngineChoice.auto.prepare(file.network, options: EngineOptions())
        let painting = try Stylizer(network: network).stylize(picture).resized(width: cell.width, height: cell.height)
        let about = [file.card.title, file.card.artist, file.card.year].compactMap(\.self).joined(separator: ", ")
        sheet.cells.append(.init(image: painting, name: style.name, about: about))
      } catch let error as StyleNetworkError {
        Terminal.say("warning: \(error)")
      }
    }
    guard sheet.cells.count > 1 else {
      throw CommandProblem(message: "there is no style to paint in; see: clipmorph styles", status: Failure.style)
    }
    try write(Picture(image: sheet.render()), to: output)
  }

  private func write(_ picture: Picture, to output: String) throws {
    for warning in try picture.write(to: output, replace: overwrite) { Terminal.say("warning: \(warning)") }
    if !quiet { Terminal.write("\(output)  \(picture.image.width)x\(picture.image.height)\n") }
  }

  private func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
