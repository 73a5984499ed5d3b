import ArgumentParser
import Engine
import Fetching
import Foundation
import Media
import OpenVINOEngine
import OpticalFlow
import StyleNetworks
import TorchEngine

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show versions, engines, devices and codecs, and how to mend what is missing.")

  func run() throws {
    StandardOutput.line("clipmorph  \(Clipmorph.version)")
    let system = ProcessInfo.processInfo
    StandardOutput.line(
      "system     \(system.operatingSystemVersionString), \(system.activeProcessorCount) cores, \(system.physicalMemory >> 20) MiB"
    )
    var problems: [String] = []
    engines(&problems)
    media(&problems)
    fetching(&problems)
    styles(&problems)
    StandardOutput.line("")
    if problems.isEmpty {
      StandardOutput.line("Nothing is missing.")
    } else {
      for problem in problems { StandardOutput.line("missing: \(problem)") }
    }
  }

  private func engines(_ problems: inout [String]) {
    StandardOutput.line("\nengines")
    do {
      StandardOutput.line("  openvino OpenVINO \(try OpenVINOEngine.version()) (cpu)")
    } catch {
      StandardOutput.line("  openvino not usable")
      problems.append("OpenVINO; mend it with: Scripts/setup.sh --force (\(error))")
    }
    do {
      let version = try TorchEngine.version()
      let devices = try TorchEngine.devices().map(\.rawValue).joined(separator: ", ")
      StandardOutput.line("  torch    LibTorch \(version) (\(devices))")
    } catch {
      StandardOutput.line("  torch    not usable")
      problems.append("LibTorch; mend it with: Scripts/setup.sh --force (\(error))")
    }
  }

  private func media(_ problems: inout [String]) {
    StandardOutput.line("\nmedia")
    StandardOutput.line(
      "  ffmpeg   \(MediaSupport.version) (\(MediaSupport.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")))")
    for picture in MediaSupport.pictures {
      let can = [picture.reads ? "read" : nil, picture.writes ? "write" : nil].compactMap(\.self).joined(separator: ", ")
      StandardOutput.line("  \(picture.format.padded(8)) \(can.isEmpty ? "no" : can)")
      if !picture.reads { problems.append("reading \(picture.format); install an FFmpeg with its decoder") }
    }
    for codec in MediaSupport.videoEncoders {
      StandardOutput.line("  \(codec.codec.padded(8)) \(codec.encoder.map { "write (\($0))" } ?? "no encoder")")
      if codec.encoder == nil, ["h264", "vp9", "gif"].contains(codec.codec) {
        problems.append("an encoder for \(codec.codec); install the full FFmpeg: apt-get install ffmpeg, or brew install ffmpeg")
      }
    }
    do throws(FlowError) {
      StandardOutput.line("  opencv   OpenCV \(try FlowLibrary.version()) (optical flow)")
    } catch {
      StandardOutput.line("  opencv   not usable")
      problems.append("OpenCV; mend it with: apt-get install libopencv-video-dev, or brew install opencv (\(error))")
    }
    StandardOutput.line("  HDR      \(MediaSupport.toneMaps ? "tone-mapped" : "refused (this FFmpeg lacks the zscale filter)")")
  }

  private func fetching(_ problems: inout [String]) {
    StandardOutput.line("\nfetching")
    for (name, version) in [("curl", FetchLibraries.curl), ("archive", FetchLibraries.archive)] {
      do throws(FetchError) {
        StandardOutput.line("  \(name.padded(8)) lib\(name) \(try version())")
      } catch {
        StandardOutput.line("  \(name.padded(8)) not usable")
        problems.append("\(error)")
      }
    }
  }

  private func styles(_ problems: inout [String]) {
    let names = StyleLibrary().styles.map(\.name)
    StandardOutput.line("\nstyles     \(names.isEmpty ? "none" : names.joined(separator: ", "))")
    if names.isEmpty { problems.append("styles; give a folder of them in CLIPMORPH_STYLES, or run from a clone") }
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
