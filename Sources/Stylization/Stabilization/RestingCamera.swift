internal import OpticalFlow

/// Tells a camera that rests from one that moves, also while something large passes: edges that have stood still for a while belong to what is behind, and most
/// of them stay where they are.
struct RestingCamera {
  private typealias Weights = StabilizationWeights

  private let width: Int
  /// For how many frames each pixel has stood still, at most `settled`.
  private var ages: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    ages = [UInt8](repeating: 0, count: width * height)
  }

  /// Whether a pixel has stood still for a while.
  @inline(__always)
  func isSettled(_ pixel: Int) -> Bool { ages[pixel] >= Weights.settled }

  /// Counts a frame.
  mutating func count(unchanged: [Float]) {
    ages.withUnsafeMutableBufferPointer { ages in
      unchanged.withUnsafeBufferPointer { unchanged in
        for pixel in ages.indices { ages[pixel] = unchanged[pixel] > 0.5 ? min(ages[pixel] + 1, Weights.settled) : 0 }
      }
    }
  }

  /// How surely the camera rests, 0…1.
  ///
  /// - Parameters:
  ///   - unchanged: how far each pixel looks as it did, 0…1.
  ///   - gray: the frame before, at half of this size.
  ///   - flow: where its pixels have come from; long edges look unchanged when they move along themselves.
  func rest(unchanged: [Float], edgesOf gray: GrayImage, flow: Flow) -> Float {
    var (edges, stayed) = (0, 0)
    gray.forEachEdge { x, y, index in
      let pixel = 2 * y * width + 2 * x
      guard pixel < ages.count, isSettled(pixel) else { return }
      edges += 1
      let way = (flow.vectors[index] * flow.vectors[index]).sum()
      if unchanged[pixel] > 0.5, way < Weights.stayingFlow * Weights.stayingFlow { stayed += 1 }
    }
    guard edges >= Weights.fewestEdges else { return 0 }
    return 1 - Weights.stayingEdges.remainder(from: Float(stayed) / Float(edges))
  }
}

/// The share of pixels on edges that have moved, 0…1. Only on edges is it certain; where there are none, nothing moves.
func movingEdges(_ flow: Flow, _ gray: GrayImage) -> Float {
  var (edges, moved) = (0, 0)
  gray.forEachEdge { _, _, pixel in
    edges += 1
    // A tenth of a pixel.
    if (flow.vectors[pixel] * flow.vectors[pixel]).sum() > 0.01 { moved += 1 }
  }
  return edges == 0 ? 0 : Float(moved) / Float(edges)
}

extension GrayImage {
  /// Gives column, row and index of each pixel on an edge: 12 levels from pixel to pixel. Edges of black do not count: bars above and below a picture stand
  /// still, whatever the camera does.
  @inline(__always)
  fileprivate func forEachEdge(_ body: (Int, Int, Int) -> Void) {
    bytes.withUnsafeBufferPointer { gray in
      for y in 2..<height - 2 {
        for x in 2..<width - 2 {
          let index = y * width + x
          let across = abs(Int32(gray[index + 1]) - Int32(gray[index - 1]))
          let down = abs(Int32(gray[index + width]) - Int32(gray[index - width]))
          guard across + down > 24 else { continue }
          let beside = min(gray[index + 2], gray[index - 2], gray[index + 1], gray[index - 1])
          let above = min(gray[index - 2 * width], gray[index + 2 * width], gray[index - width], gray[index + width])
          if min(beside, above) > 20 { body(x, y, index) }
        }
      }
    }
  }
}
