import Foundation
import Stylization

/// Shows a job's events: a bar on a terminal, lines now and then elsewhere, or JSON.
struct ProgressPrinter {
  enum Style { case bar, lines, json, quiet }

  private let style: Style
  private var input = ""
  private var frames: Int?
  private var begin = Date()
  private var shown = Date.distantPast
  /// Whether the last line has been shown for a share of the work, so that lines are few.
  private var nextShare = 0.1

  init(json: Bool, quiet: Bool) {
    style = json ? .json : quiet ? .quiet : Terminal.isInteractive ? .bar : .lines
  }

  mutating func show(_ event: StylizationEvent) {
    switch event {
    case .started(let input, let output, let width, let height, let frames):
      self.input = input
      self.frames = frames
      begin = Date()
      nextShare = 0.1
      json(Started(input: input, output: output, width: width, height: height, frames: frames))
    case .progress(let share, let done):
      progress(share: share, done: done)
    case .warning(let text):
      json(Warning(message: text))
      if style != .json, style != .quiet { Terminal.say("warning: \(text)") }
    case .damaged(let text):
      json(Warning(message: text))
      // Said even when only errors are wanted: the output lacks something.
      if style != .json { Terminal.say("warning: \(text)") }
    case .finished(let output, let frames, let seconds):
      json(Finished(output: output, frames: frames, seconds: seconds))
      guard style == .bar || style == .lines else { return }
      Terminal.clearLine()
      let rate = frames > 1 && seconds > 0 ? String(format: ", %d frames, %.1f fps", frames, Double(frames) / seconds) : ""
      Terminal.write("\(output == "-" ? "standard output" : output)  \(String(format: "%.1f", seconds)) s\(rate)\n")
    }
  }

  /// A failure; among several inputs it is said as well, where the work goes on.
  func fail(_ input: String, _ failure: Failure, goesOn: Bool) {
    json(Failed(input: input, message: failure.message, status: failure.status))
    if goesOn { Terminal.say(failure.message) }
  }

  private mutating func progress(share: Double?, done: Int) {
    let elapsed = Date().timeIntervalSince(begin)
    let share = share ?? frames.map { min(1, Double(done) / Double(max(1, $0))) }
    let rate = done > 0 && elapsed > 0 ? Double(done) / elapsed : nil
    let remaining = share.flatMap { $0 > 0 && $0 < 1 ? elapsed / $0 * (1 - $0) : nil }
    switch style {
    case .quiet: return
    case .json:
      guard Date().timeIntervalSince(shown) >= 0.5 else { return }
      json(Progress(input: input, share: share, frames: done, fps: rate, remaining: remaining))
    case .lines:
      // A line each tenth, or each ten seconds where the end is unknown.
      guard share.map({ $0 >= nextShare && $0 < 1 }) ?? (Date().timeIntervalSince(shown) >= 10) else { return }
      if let share { nextShare = (share * 10).rounded(.down) / 10 + 0.1 }
      Terminal.write("\(input)  \(text(share, done, rate, remaining))\n")
    case .bar:
      guard Date().timeIntervalSince(shown) >= 0.1 else { return }
      let facts = text(share, done, rate, remaining)
      let room = max(8, min(30, Terminal.width - facts.count - 8))
      let filled = Int((share ?? 0) * Double(room))
      Terminal.write(
        "\r\u{1B}[K[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: room - filled))] \(facts)")
    }
    shown = Date()
  }

  private func text(_ share: Double?, _ done: Int, _ rate: Double?, _ remaining: Double?) -> String {
    var parts: [String] = []
    if let share { parts.append(String(format: "%3.0f %%", share * 100)) }
    if done > 0 { parts.append("frame \(done)\(frames.map { " of \($0)" } ?? "")") }
    if let rate { parts.append(String(format: "%.1f fps", rate)) }
    if let remaining { parts.append("\(ProgressPrinter.clock(remaining)) left") }
    return parts.joined(separator: "  ")
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }

  private func json(_ event: some Encodable) {
    if style == .json { StandardOutput.json(event) }
  }

  private struct Started: Encodable {
    var event = "started"
    var input: String
    var output: String
    var width: Int
    var height: Int
    var frames: Int?
  }
  private struct Progress: Encodable {
    var event = "progress"
    var input: String
    var share: Double?
    var frames: Int
    var fps: Double?
    var remaining: Double?
  }
  private struct Warning: Encodable {
    var event = "warning"
    var message: String
  }
  private struct Finished: Encodable {
    var event = "finished"
    var output: String
    var frames: Int
    var seconds: Double
  }
  private struct Failed: Encodable {
    var event = "failed"
    var input: String
    var message: String
    var status: Int32
  }
}
