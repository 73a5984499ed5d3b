import Foundation
import Testing

@testable import Tracking

/// The upload by a tool that is not W&B's own: a script that does as it is told. `Tests/Conformance/test_wandb_upload.py` has the true one.
@Suite struct UploadTests {
  private func tool(_ script: String, in folder: String) throws {
    try write(Array("#!/bin/sh\n\(script)\n".utf8), to: folder + "/wandb")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/wandb")
  }

  private func upload(_ folder: String, path: String? = nil, _ warnings: Warnings) throws -> WandbUpload {
    let settings = try WandbSettings(environment: ["WANDB_RUN_ID": "a", "WANDB_BASE_URL": "there"], folder: folder)
    return WandbUpload(
      of: folder, settings: settings, environment: ["PATH": path ?? "\(folder):/usr/bin:/bin", "WANDB_MODE": "online"],
      warn: { warnings.add($0) })
  }

  @Test func `the tool follows the run's folder and is waited for`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      try tool(
        "echo $* mode=$WANDB_MODE dir=$WANDB_DIR; while [ ! -e \"$4/done\" ]; do sleep 0.05; done; touch \"$4/uploaded\"",
        in: folder)
      let upload = try upload(folder, warnings)
      upload.tend()
      try write([], to: folder + "/done")
      upload.settle(until: { false })
      #expect(FileManager.default.fileExists(atPath: folder + "/uploaded"))
      #expect(
        try String(decoding: bytes(folder + "/upload.log"), as: UTF8.self) == "beta sync --live \(folder) mode= dir=\(folder)\n")
      #expect(warnings.all == [])
    }
  }

  @Test func `a tool that fails is told of once, in its own words`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      try tool("echo something; echo 'wandb: ERROR no such account.'; exit 3", in: folder)
      let upload = try upload(folder, warnings)
      _ = eventually {
        upload.tend()
        return !warnings.all.isEmpty
      }
      upload.tend()
      upload.settle(until: { false })
      #expect(
        warnings.all == [
          "the W&B run is kept on this machine only: no such account; send it later with: WANDB_BASE_URL=there wandb sync \(folder)"
        ])
    }
  }

  @Test func `who is not waited for is ended, and that was told before`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      try tool("exec sleep 600", in: folder)
      let upload = try upload(folder, warnings)
      let begin = Date()
      upload.settle(until: { true })
      #expect(Date().timeIntervalSince(begin) < 30)
      #expect(warnings.all.count == 1 && warnings.all[0].contains("Ctrl-C leaves the rest for"))
    }
  }

  @Test func `without a tool it is said how`() throws {
    try inFolder { folder in
      let warnings = Warnings()
      let upload = try upload(folder, path: "/nowhere:" + folder, warnings)
      upload.tend()
      upload.settle(until: { false })
      #expect(warnings.all.count == 1)
      #expect(warnings.all.first?.contains("pip install wandb") == true)
    }
  }

  @Test func `a helper ends with its owner, even where it does not want to`() throws {
    try inFolder { folder in
      try tool("trap '' TERM; echo $$; while :; do sleep 0.1; done", in: folder)
      var helper: HelperProcess? = try HelperProcess(
        folder + "/wandb", [], environment: ["PATH": "/usr/bin:/bin"], output: folder + "/log")
      var number: pid_t?
      _ = eventually {
        number = try? pid_t(
          String(decoding: bytes(folder + "/log"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        return number != nil
      }
      let process = try #require(number)
      #expect(helper?.isRunning == true && kill(process, 0) == 0)
      helper = nil
      #expect(kill(process, 0) != 0)
    }
  }

  @Test func `a helper has no file of its owner's`() throws {
    try inFolder { folder in
      try tool("ls -l /proc/$$/fd; exec sleep 600", in: folder)
      // As libraries open their files, which know nothing of helpers.
      let owned = open(folder + "/owned", O_WRONLY | O_CREAT, 0o600)
      defer { close(owned) }
      #expect(flock(owned, LOCK_EX) == 0)
      let helper = try HelperProcess(folder + "/wandb", [], environment: ["PATH": "/usr/bin:/bin"], output: folder + "/log")
      #expect(flock(owned, LOCK_UN) == 0 && helper.isRunning)
      func said() throws -> String { try String(decoding: bytes(folder + "/log"), as: UTF8.self) }
      #expect(try eventually { try said().contains("/log") })
      #expect(try !said().contains("/owned"))
    }
  }

  @Test func `a program that is still being written is waited for`() throws {
    try inFolder { folder in
      try tool("exit 0", in: folder)
      let writer = open(folder + "/wandb", O_WRONLY | O_CLOEXEC)
      #expect(writer >= 0)
      Thread.detachNewThread {
        usleep(200_000)
        close(writer)
      }
      let helper = try HelperProcess(folder + "/wandb", [], environment: ["PATH": "/usr/bin:/bin"], output: folder + "/log")
      #expect(helper.wait(seconds: 30) && helper.status == 0)
    }
  }

  @Test func `a program that cannot be started is an error`() throws {
    try inFolder { folder in
      try write(Array("no program".utf8), to: folder + "/wandb")
      #expect(throws: TrackingError.self) {
        try HelperProcess(folder + "/wandb", [], environment: [:], output: folder + "/log")
      }
    }
  }

  @Test func `an artifact's digests are those of W&B's own client`() throws {
    // What wandb 0.29 notes of an artifact with the file style.safetensors whose content is abc.
    try inFolder { folder in
      try write(Array("abc".utf8), to: folder + "/style.safetensors")
      let artifact = try WandbArtifact(of: folder + "/style.safetensors", name: "style.safetensors")
      #expect(artifact.manifestDigest == "485222aff543442fad3df0604fa32cbb")
      #expect(artifact.name == "style")
    }
  }
}

@Suite struct JSONLogTests {
  @Test func `a picture that is a file already is named, not copied`() throws {
    try inFolder { folder in
      let log = try JSONLinesTracker(Sample.run(), path: folder + "/tracking.jsonl")
      let image = TrackedImage(Sample.picture(1, 8, 8))
      let png = try image.encoded(key: "a").png
      try write(png, to: folder + "/there.png")
      let existing = try TrackedImage(png: png, path: folder + "/there.png").encoded(key: "a")
      try log.write(PreparedRow(step: 1, time: Date(), runtime: 0, scalars: [:], images: ["a": [existing]], histograms: [:]))
      try log.write(
        PreparedRow(step: 2, time: Date(), runtime: 0, scalars: [:], images: ["a": [image.encoded(key: "a")]], histograms: [:]))
      try log.flush()
      let text = String(decoding: try bytes(folder + "/tracking.jsonl"), as: UTF8.self)
      #expect(text.contains(#""path":"there.png""#) && text.contains(#""path":"tracking.jsonl.images/a_2_0.png""#))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/tracking.jsonl.images") == ["a_2_0.png"])
    }
  }

  @Test func `a reader that asks while the writer begins does not hide it`() throws {
    try inFolder { folder in
      let path = folder + "/tracking.jsonl"
      try write([], to: path)
      let reader = open(path, O_RDONLY | O_CLOEXEC)
      #expect(flock(reader, LOCK_SH) == 0)
      let log = try JSONLinesTracker(Sample.run(), path: path)
      close(reader)
      #expect(!FileLock.isHeld(path))
      let isHeld = try eventually {
        try log.flush()
        return FileLock.isHeld(path)
      }
      #expect(isHeld)
      try log.finish(exitCode: 0)
    }
  }

  @Test func `whoever reads can tell whether the writer lives`() throws {
    try inFolder { folder in
      let path = folder + "/tracking.jsonl"
      #expect(!FileLock.isHeld(path))
      var log: JSONLinesTracker? = try JSONLinesTracker(Sample.run(), path: path)
      #expect(FileLock.isHeld(path))
      try log?.finish(exitCode: 0)
      log = nil
      #expect(eventually { !FileLock.isHeld(path) })
    }
  }
}
