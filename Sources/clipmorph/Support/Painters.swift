import Engine
import Media
import StyleNetworks
import Stylization

/// The networks of one style, each made ready when the first job needs it.
struct Painters {
  let library: StyleLibrary
  let style: String
  let tier: StyleTier?
  let engine: EngineChoice
  let engineOptions: EngineOptions
  let options: StylizationOptions
  let mask: StyleMask?
  /// By file and what is to be quick.
  private var ready: [String: Stylizer] = [:]

  init(
    library: StyleLibrary, style: String, tier: StyleTier?, engine: EngineChoice, engineOptions: EngineOptions,
    options: StylizationOptions, mask: StyleMask? = nil
  ) {
    self.library = library
    self.style = style
    self.tier = tier
    self.engine = engine
    self.engineOptions = engineOptions
    self.options = options
    self.mask = mask
  }

  /// Finds out whether the style is there and whole.
  func check() throws { _ = try library.style(style, tier: tier) }

  /// What paints a picture or a clip. A clip in a file is painted several frames at a time; a pipe may be live, and a frame should not wait there.
  mutating func stylizer(for kind: MediaKind, live: Bool = false) throws -> Stylizer {
    let reference = try library.reference(
      style, tier: tier, suits: kind == .clip ? StyleTier.forClips : StyleTier.forPictures)
    var engineOptions = engineOptions
    engineOptions.goal = kind == .clip && !live ? .throughput : .latency
    let key = "\(reference.key) \(engineOptions.goal)"
    if let known = ready[key] { return known }
    let file = try reference.read()
    let network = try engine.prepare(file.network, options: engineOptions)
    var options = options
    options.strain = file.card.strain
    let stylizer = Stylizer(network: network, options: options, mask: mask)
    ready[key] = stylizer
    return stylizer
  }
}
