import Engine
import Imaging
import StyleNetworks
import Synchronization

/// Turns every value into its opposite, and remembers the sizes that it saw.
final class Inverter: NetworkRunner {
  let architecture = Architecture(
    family: "inverter",
    input: .unit,
    layers: [.convolution(name: "a", input: 3, output: 3, kernel: 1, stride: 1, padding: 0, groups: 1)], output: .unit)
  let seen = Mutex<[[Int]]>([])

  func forward(_ batch: Batch) -> Batch { Batch(shape: batch.shape, values: batch.values.map { 1 - $0 }) }

  func stylize(_ image: ImageBuffer, statistics: NormStatistics?) -> ImageBuffer {
    seen.withLock { $0.append([image.width, image.height]) }
    var result = image
    result.withUnsafeMutableBytes { bytes in for index in bytes.indices { bytes[index] = ~bytes[index] } }
    return result
  }

  func statistics(of patches: [ImageBuffer], margin: Int) -> NormStatistics { NormStatistics(layers: []) }
}

extension ImageBuffer {
  /// One colour.
  static func flat(_ value: UInt8, width: Int, height: Int, depth: Depth = .eight) -> ImageBuffer {
    ImageBuffer(width: width, height: height, depth: depth) { $0.initializeMemory(as: UInt8.self, repeating: value) }
  }
}
