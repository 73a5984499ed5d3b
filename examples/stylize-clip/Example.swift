// Paints one clip, with its sound: swift run stylize-clip clip.mov Styles/starry-night.fast.safetensors painting.mp4
import Engine
import Foundation
import Media
import OpenVINOEngine
import StyleNetworks
import Stylization

@main struct Example {
  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      print("usage: stylize-clip CLIP STYLE.safetensors OUTPUT.mp4")
      exit(64)
    }
    do {
      let style = try StyleFile(contentsOf: arguments[2])
      // Several frames at a time, each with fewer threads.
      let network = try OpenVINOEngine.prepare(style.network, options: EngineOptions(goal: .throughput))
      let job = ClipJob(
        input: arguments[1], output: arguments[3],
        stylizer: Stylizer(network: network, options: StylizationOptions(strain: style.card.strain)),
        reading: VideoReadOptions(longerSide: 640))
      for try await event in job.run() {
        switch event {
        case .progress(_, let frames) where frames % 25 == 0: print("\(frames) frames")
        case .warning(let text), .damaged(let text): print("warning: \(text)")
        case .finished(let output, let frames, let seconds): print("\(output): \(frames) frames in \(Int(seconds)) s")
        default: break
        }
      }
    } catch {
      print("\(error)")
      exit(1)
    }
  }
}
