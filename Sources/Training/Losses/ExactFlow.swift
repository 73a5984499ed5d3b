internal import Foundation
internal import StyleNetworks
internal import Torch

/// Where each pixel of moved pictures comes from, and which pixels may be compared.
struct ExactFlow: Sendable {
  /// [N, H, W, 2]: (x, y), -1 and 1 being the picture's edges.
  let places: Tensor
  /// [N, 1, H, W]: 1 where a pixel and the place that it comes from are at least the margin inside the picture, else 0.
  let mask: Tensor
  /// The mask's sum.
  let count: Double

  /// The same motion on maps of a smaller height, a whole fraction of the pictures'.
  func reduced(toHeight height: Int) throws(TorchError) -> ExactFlow {
    let shape = try places.shape()
    let factor = shape[1] / max(1, height)
    guard factor > 1 else { return self }
    let (count, rows, columns) = (shape[0], shape[1] / factor, shape[2] / factor)
    let coarse = try places.narrowed(dimension: 1, start: 0, length: rows * factor)
      .narrowed(dimension: 2, start: 0, length: columns * factor)
      .reshaped([count, rows, factor, columns, factor, 2]).mean(along: 4).mean(along: 2)  // [N, h, 1, w, 1, 2]
      .reshaped([count, rows, columns, 2])
    let weights = try mask.narrowed(dimension: 2, start: 0, length: rows * factor)
      .narrowed(dimension: 3, start: 0, length: columns * factor)
      .reshaped([count, 1, rows, factor, columns, factor]).mean(along: 5).mean(along: 3)  // [N, 1, h, 1, w, 1]
      .reshaped([count, 1, rows, columns])
    return ExactFlow(places: coarse, mask: weights, count: self.count / Double(factor * factor))
  }
}

extension ExactFlow {
  /// Pixels between two nodes of the smooth field.
  private static let spacing = 96.0

  /// A flow for each of `shape[0]` pictures, drawn from a generator.
  ///
  /// - Parameters:
  ///   - shape: [N, 3, H, W].
  ///   - margin: pixels at each side that do not count.
  init(
    _ motion: Recipe.Temporal.Motion, shape: [Int], margin: Int, generator: inout SplitMix64, device: Device
  ) throws(TorchError) {
    let (pictures, height, width) = (shape[0], shape[2], shape[3])
    let margin = Double(min(margin, height / 4, width / 4))
    var places = [Float]()
    places.reserveCapacity(pictures * height * width * 2)
    var mask = [Float]()
    mask.reserveCapacity(pictures * height * width)
    var count = 0.0
    for _ in 0..<pictures {
      let one = Single(motion, width: width, height: height, spacing: ExactFlow.spacing, generator: &generator)
      for y in 0..<height {
        for x in 0..<width {
          let from = one.source(ofX: Double(x), y: Double(y))
          places.append(Float((2 * from.x + 1) / Double(width) - 1))
          places.append(Float((2 * from.y + 1) / Double(height) - 1))
          let inside =
            min(from.x, from.y, Double(x), Double(y)) >= margin && max(from.x, Double(x)) <= Double(width - 1) - margin
            && max(from.y, Double(y)) <= Double(height - 1) - margin
          mask.append(inside ? 1 : 0)
          if inside { count += 1 }
        }
      }
    }
    self.init(
      places: try Tensor(copying: places, shape: [pictures, height, width, 2], type: .float32, device: device),
      mask: try Tensor(copying: mask, shape: [pictures, 1, height, width], type: .float32, device: device), count: count)
  }

  /// One picture's motion: a similarity about its centre, then a smooth field by cubic B-splines.
  private struct Single {
    private let centre: SIMD2<Double>
    private let shift: SIMD2<Double>
    private let cosine: Double
    private let sine: Double
    private let spacing: Double
    private let columns: Int
    /// Rows of nodes; empty without a field.
    private var nodes: [SIMD2<Double>] = []

    init(_ motion: Recipe.Temporal.Motion, width: Int, height: Int, spacing: Double, generator: inout SplitMix64) {
      func draw(_ most: Double) -> Double { most > 0 ? Double.random(in: -most...most, using: &generator) : 0 }
      centre = SIMD2(Double(width - 1), Double(height - 1)) / 2
      let moves = SIMD2(draw(motion.shift), draw(motion.shift))
      // Whole pixels need no interpolation.
      let onlyShifts = motion.zoom == 0 && motion.rotation == 0 && motion.warp == 0
      shift = onlyShifts ? moves.rounded(.toNearestOrEven) : moves
      let scale = 1 + draw(motion.zoom)
      let angle = draw(motion.rotation) * .pi / 180
      cosine = scale * cos(angle)
      sine = scale * sin(angle)
      self.spacing = spacing
      columns = Int(Double(width) / spacing) + 4
      guard motion.warp > 0 else { return }
      let rows = Int(Double(height) / spacing) + 4
      for _ in 0..<rows * columns {
        // Box and Müller: two normal values out of two uniform ones.
        let radius = motion.warp * (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
        let phase = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
        nodes.append(SIMD2(radius * cos(phase), radius * sin(phase)))
      }
    }

    func source(ofX x: Double, y: Double) -> SIMD2<Double> {
      let offset = SIMD2(x, y) - centre
      var place = centre + shift + SIMD2(cosine * offset.x - sine * offset.y, sine * offset.x + cosine * offset.y)
      guard !nodes.isEmpty else { return place }
      let (across, down) = (Single.weights(x / spacing), Single.weights(y / spacing))
      for row in 0..<4 {
        for column in 0..<4 {
          place += nodes[(down.first + row) * columns + across.first + column] * (down.weights[row] * across.weights[column])
        }
      }
      return place
    }

    /// The four nodes that reach a place, and the cubic B-spline's values there.
    private static func weights(_ position: Double) -> (first: Int, weights: SIMD4<Double>) {
      let first = Int(position)
      let t = position - Double(first)
      let (t2, t3) = (t * t, t * t * t)
      return (first, SIMD4(1 - 3 * t + 3 * t2 - t3, 4 - 6 * t2 + 3 * t3, 1 + 3 * t + 3 * t2 - 3 * t3, t3) / 6)
    }
  }
}
