import ArgumentParser

/// How large a style's network is: each style ships in one or more.
enum StyleTier: String, CaseIterable, ExpressibleByArgument {
  case original, balanced, fast

  /// What suits a picture, best first: there is time for it.
  static let forPictures: [StyleTier] = [.balanced, .original, .fast]
  /// What suits a clip, best first: every frame costs the same.
  static let forClips: [StyleTier] = [.fast, .balanced, .original]
}
