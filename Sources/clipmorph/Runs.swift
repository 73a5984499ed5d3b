import ArgumentParser
import Foundation
import Media
import RunReports

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at training runs: a table of them, or curves and a page of some.",
    discussion: """
      EXAMPLES
        clipmorph runs styles/
        clipmorph runs show starry.run
        clipmorph runs show starry.run wave.run --html compare.html
      """,
    subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the runs in a folder and below it.",
      discussion: """
        Losses are means over the last twenty steps. A run is running, finished, stopped (Ctrl-C), failed, or killed: its program is gone without
        a word.

        EXIT STATUS
          0 done, 1 some runs cannot be read, 66 there are none.
        """)

    @Argument(help: "The folder.", completion: .directory)
    var folder = "."

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      var runs: [LoggedRun] = []
      var hasFailed = false
      for path in try RunFinder.runs(in: folder) {
        do {
          runs.append(try LoggedRun(contentsOf: path, depth: .overview))
        } catch {
          Terminal.say(error.description)
          hasFailed = true
        }
      }
      let table = RunTable(runs)
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        StandardOutput.line(String(decoding: try encoder.encode(table.entries), as: UTF8.self))
      } else if !runs.isEmpty {
        StandardOutput.line(table.text)
      }
      if hasFailed { throw ExitCode(Failure.someInputs) }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draw the loss curves of runs, here or on a page.",
      discussion: """
        Several runs share their plots. Curves are smoothed; the page shows the raw ones behind them, previews over time, the painting and the
        settings, and needs no network. Into a pipe or a file, curves are drawn with plain characters.

        EXIT STATUS
          0 done, 64 usage, 65 no such number, 66 missing or no run, 73 the page cannot be made.
        """)

    @Argument(help: "Folders of runs, or their logs (.jsonl).", completion: .file())
    var runs: [String]

    @Option(help: ArgumentHelp("A number to plot, such as loss/style; can be repeated.", valueName: "name"))
    var metric: [String] = []

    @Option(help: "Write a page instead.", completion: .file(extensions: ["html"]))
    var html: String?

    @Flag(help: "Replace a page that exists.")
    var overwrite = false

    func run() throws {
      if let html {
        // A page that lies in a run's folder is not the run's own.
        let own = runs + runs.flatMap(filesBelow).filter { !$0.hasSuffix(".html") }
        try checkOutput(html, isNoneOf: own)
        if !overwrite, FileManager.default.fileExists(atPath: html) { throw MediaError.exists(path: html) }
      }
      var logged: [LoggedRun] = []
      for path in runs {
        logged.append(try LoggedRun(contentsOf: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path))
      }
      // Asked for on a page or not, a number must exist.
      let report = try TerminalReport(
        logged, metrics: metric, look: TerminalLook(width: Terminal.outputWidth, isPlain: !Terminal.outputIsInteractive))
      if let html {
        try RunPage(logged).write(to: html, replace: overwrite)
      } else {
        StandardOutput.write(report.text)
      }
    }
  }
}
