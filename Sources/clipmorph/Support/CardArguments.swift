import ArgumentParser

/// What a style's card says of its painting: the options of commands that make a style.
struct CardArguments: ParsableArguments {
  @Option(help: "The painting's title.")
  var title: String?

  @Option(help: "The painter.")
  var artist: String?

  @Option(help: "When it was painted.")
  var year: String?

  @Option(help: "The terms of the weights.")
  var license: String?

  @Option(help: "Where the painting, or the checkpoint, came from.")
  var source: String?
}
