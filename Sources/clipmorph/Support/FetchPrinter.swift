import ArgumentParser
import Fetching
import Foundation

/// Shows what is fetched: a bar on a terminal, lines now and then elsewhere, or JSON.
struct FetchPrinter {
  private enum Style { case bar, lines, json, quiet }

  private let style: Style
  private var approximate: Int64?
  private var begin = Date()
  private var beginOffset: Int64 = 0
  private var shown = Date.distantPast
  private var nextShare = 0.1

  init(json: Bool, quiet: Bool) {
    style = json ? .json : quiet ? .quiet : Terminal.isInteractive ? .bar : .lines
  }

  /// Runs a job to its end and shows its events; ends the program's work where a signal stopped it.
  mutating func show(_ resource: Resource, of job: FetchJob) async throws {
    var isNew = false
    for try await event in job.run(until: { Signals.deferred != nil }) {
      show(event, resource.name)
      if case .finished = event { isNew = true }
    }
    if let signal = Signals.deferred { throw ExitCode(128 + signal) }
    if isNew { say("\(resource.name): \(resource.credit)") }
  }

  /// A failure; among several names it is said as well, where the work goes on.
  func fail(_ resource: Resource, _ failure: Failure, goesOn: Bool) {
    json(FetchLine("failed", name: resource.name, message: failure.message, status: failure.status))
    if goesOn { Terminal.say(failure.message) }
  }

  private mutating func show(_ event: FetchEvent, _ name: String) {
    if style == .json { throttled(event, name) }
    switch event {
    case .present(let path, let pictures):
      say("\(path)  is there already\(pictures.map { ", \($0) pictures" } ?? ", SHA-256 verified")")
    case .started(let file, let address, let offset, let approximate):
      self.approximate = approximate
      begin = Date()
      beginOffset = offset
      nextShare = 0.1
      let size = approximate.map { ", about \(byteText($0))" } ?? ""
      say("fetching \(name) from \(address)\(size), into \(file)" + (offset > 0 ? ", going on from \(byteText(offset))" : ""))
    case .progress(let done, let total): progress(done, total)
    case .restarted(let reason):
      begin = Date()
      beginOffset = 0
      nextShare = 0.1
      say("begun anew: \(reason)")
    case .retrying(let reason, let failures, let limit, let pause):
      say("broken off (\(reason)); attempt \(failures + 1) of \(limit) in \(String(format: "%.1f", pause)) s")
    case .verifying: break
    case .unpacking(let archive, let folder, let total, let bytes):
      nextShare = 0.1
      say("unpacking \(total) pictures (\(byteText(bytes))) of \(archive) into \(folder)")
    case .unpacked(let done, let total): unpacked(done, total)
    case .warning(let text): if style == .bar || style == .lines { Terminal.say("warning: \(text)") }
    case .finished(let path, let bytes, let pictures):
      let proof = pictures == nil ? "SHA-256 verified" : "zip removed"
      say("\(path)  \(pictures.map { "\($0) pictures, " } ?? "")\(byteText(bytes)), \(proof)")
    case .stopped(let path, let kept):
      guard style != .json else { return }
      Terminal.say(
        kept.isEmpty
          ? "stopped before anything arrived" : "stopped; \(kept) are kept in \(path): the same command goes on from there")
    }
  }

  private mutating func progress(_ done: Int64, _ total: Int64?) {
    let share = total.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }
    let elapsed = Date().timeIntervalSince(begin)
    let rate = elapsed > 0.5 ? Double(done - beginOffset) / elapsed : 0
    var facts = share.map { String(format: "%3.0f %%  ", $0 * 100) } ?? ""
    facts += byteText(done) + (total.map { " of \(byteText($0))" } ?? "")
    if rate > 0 {
      facts += "  \(byteText(Int64(rate)))/s"
      if let total, done < total { facts += "  \(FetchPrinter.clock(Double(total - done) / rate)) left" }
    }
    draw(facts, share)
  }

  private mutating func unpacked(_ done: Int, _ total: Int) {
    let share = Double(done) / Double(max(1, total))
    draw(String(format: "%3.0f %%  ", share * 100) + "\(done) of \(total) pictures", share)
  }

  private mutating func draw(_ facts: String, _ share: Double?) {
    switch style {
    case .bar:
      guard Date().timeIntervalSince(shown) >= 0.1 else { return }
      shown = Date()
      let room = max(8, min(30, Terminal.width - facts.count - 4))
      let filled = Int((share ?? 0) * Double(room))
      Terminal.write(
        "\r\u{1B}[K[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: room - filled))] \(facts)")
    case .lines:
      // A line each tenth, but not more often than each ten seconds.
      guard let share, share >= nextShare, share < 1, Date().timeIntervalSince(shown) >= 10 else { return }
      shown = Date()
      nextShare = (share * 10).rounded(.down) / 10 + 0.1
      Terminal.write(facts + "\n")
    case .json, .quiet: break
    }
  }

  private func say(_ text: String) {
    guard style == .bar || style == .lines else { return }
    Terminal.clearLine()
    Terminal.write(text + "\n")
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e7).rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }

  private mutating func throttled(_ event: FetchEvent, _ name: String) {
    switch event {
    case .progress, .unpacked:
      guard Date().timeIntervalSince(shown) >= 0.5 else { return }
      shown = Date()
    default: break
    }
    json(FetchLine(event, name: name))
  }

  private func json(_ line: FetchLine) {
    if style == .json { StandardOutput.json(line) }
  }
}
