// Paints one picture: swift run stylize-picture photograph.jpg Styles/starry-night.still.safetensors painting.png
import Engine
import Foundation
import Imaging
import Media
import OpenVINOEngine
import StyleNetworks
import Stylization

@main struct Example {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      print("usage: stylize-picture PICTURE STYLE.safetensors OUTPUT.png")
      exit(64)
    }
    do {
      let style = try StyleFile(contentsOf: arguments[2])
      let network = try OpenVINOEngine.prepare(style.network, options: EngineOptions())
      let stylizer = Stylizer(network: network, options: StylizationOptions(strength: 0.9))
      var picture = try Picture(contentsOf: arguments[1])
      picture.image = try stylizer.stylize(picture.image)
      try picture.write(to: arguments[3])
      print("\(arguments[3]): \(style.card.title ?? style.card.name), \(picture.image.width)x\(picture.image.height)")
    } catch {
      print("\(error)")
      exit(1)
    }
  }
}
