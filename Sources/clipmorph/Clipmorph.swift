import ArgumentParser
import Foundation

/// The command.
@main
struct Clipmorph: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "clipmorph",
    abstract: "Turn photographs and clips into paintings.",
    discussion: """
      A photograph:   clipmorph stylize portrait.jpg -s starry-night -o painting.png
      A clip:         clipmorph stylize ski.mov -s starry-night -o painting.mp4
      What there is:  clipmorph styles
      Photo banks:    clipmorph fetch coco
      Training runs:  clipmorph runs
      What is amiss:  clipmorph doctor
      """,
    version: version,
    subcommands: [
      Stylize.self, Train.self, Runs.self, Evaluate.self, Styles.self, Import.self, Export.self, Bench.self, Fetch.self,
      Doctor.self,
    ])

  static func main() async {
    // SVT-AV1 tells of itself on standard error; errors are enough. Here, while no other thread reads the environment.
    setenv("SVT_LOG", "1", 0)
    StandardOutput.reserve()
    Signals.install()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try StandardOutput.check()
    } catch {
      end(with: error)
    }
  }

  /// Ends the program with one sentence and a status.
  private static func end(with error: any Error) -> Never {
    if let failure = Failure(error) {
      Terminal.say(failure.message)
      exit(withError: ExitCode(failure.status))
    }
    // Help, the version, a shell's completions: asked for like any other output.
    if exitCode(for: error) == .success {
      StandardOutput.line(fullMessage(for: error))
      do { try StandardOutput.check() } catch { end(with: error) }
      exit()
    }
    exit(withError: error)
  }
}
