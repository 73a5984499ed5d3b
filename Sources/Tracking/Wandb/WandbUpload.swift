internal import Foundation

/// Uploads a run while it is being written: `wandb beta sync --live` follows the run's file and ends by itself after the exit record. What goes wrong is
/// told once; the run is on disk in any case.
final class WandbUpload {
  private let process: HelperProcess?
  private let output: String
  private let command: String
  private let warn: (String) -> Void
  private var hasWarned = false
  /// Seconds for which the end of a run waits for what is not uploaded yet: WANDB_INIT_TIMEOUT's order of magnitude.
  private static let patience = 90.0

  /// Starts the tool for a run's folder.
  init(
    of folder: String, settings: WandbSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    warn: @escaping (String) -> Void
  ) {
    output = folder + "/upload.log"
    command = settings.syncCommand(for: folder)
    self.warn = warn
    guard let tool = HelperProcess.find("wandb", environment: environment) else {
      process = nil
      fail("there is no wandb tool on the PATH; install it with: pip install wandb")
      return
    }
    var environment = environment
    // The tool's own logs belong beside the run, not into the folder that the program was started in.
    environment["WANDB_DIR"] = settings.folder
    environment["NO_COLOR"] = "1"
    // Its mode is the run's, not the tool's.
    environment["WANDB_MODE"] = nil
    do {
      process = try HelperProcess(tool, ["beta", "sync", "--live", folder], environment: environment, output: output)
    } catch {
      process = nil
      fail(error.description)
    }
  }

  /// Tells where the tool has ended before the run.
  func tend() {
    guard let process, !process.isRunning else { return }
    fail(reason(process))
  }

  /// Waits until all is uploaded, for as long as is bearable, or until it is told to stop.
  func settle(until isStopped: () -> Bool) {
    guard let process else { return }
    if !process.wait(seconds: 3) { warn("the W&B run is being uploaded to its end; Ctrl-C leaves the rest for: \(command)") }
    if !process.wait(seconds: WandbUpload.patience, until: isStopped) {
      process.end()
      // Who stopped it was told of the rest before.
      if !isStopped() { fail("it is not complete after \(Int(WandbUpload.patience)) seconds") }
    } else if process.status != 0 {
      fail(reason(process))
    }
  }

  private func reason(_ process: HelperProcess) -> String {
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    let last = text.split(whereSeparator: \.isNewline).last { $0.contains { !$0.isWhitespace } }
    guard var reason = last.map(String.init) else { return "the wandb tool ended with status \(process.status ?? 0)" }
    // The tool's own words without what it puts before them.
    for prefix in ["Error: ", "wandb: ERROR ", "wandb: "] {
      if let range = reason.range(of: prefix) { reason = String(reason[range.upperBound...]) }
    }
    return reason.trimmingCharacters(in: CharacterSet(charactersIn: " ."))
  }

  private func fail(_ reason: String) {
    guard !hasWarned else { return }
    hasWarned = true
    warn("the W&B run is kept on this machine only: \(reason); send it later with: \(command)")
  }
}
