import ArgumentParser

/// Which of a style's networks: how large one is, or that it is for pictures alone. Each style ships in one or more.
enum StyleTier: String, CaseIterable, ExpressibleByArgument {
  case original, balanced, fast
  /// Learnt without what keeps clips from flickering, and nearer to its painting for it; as large as any of the others.
  case still

  /// What suits a picture, best first: there is time for it.
  static let forPictures: [StyleTier] = [.still, .balanced, .original, .fast]
  /// What suits a clip, best first: every frame costs the same.
  static let forClips: [StyleTier] = [.fast, .balanced, .original, .still]
}
