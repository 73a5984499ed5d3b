internal import Foundation
internal import StyleNetworks
internal import Torch

/// Where each pixel of moved pictures comes from, and which pixels may be compared.
struct ExactFlow: Sendable {
  /// [N, H, W, 2]: (x, y), -1 and 1 being the picture's edges.
  let places: Tensor
  /// [N, 1, H, W]: 1 where a pixel and the place that it comes from are at least the margin inside the picture, else 0.
  let mask: Tensor

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
    return ExactFlow(places: coarse, mask: weights)
  }
}

extension ExactFlow {
  /// Pixels between two nodes of the smooth field.
  private static let spacing = 96.0

  /// A flow for each of `shape[0]` pictures, drawn from a generator.
  ///
  /// A similarity and a field of cubic B-splines are both sums of products of a function of the row and one of the column, so that all
  /// places are one chain of two matrix products, rows x drawn numbers x columns, computed where the pictures are.
  ///
  /// - Parameters:
  ///   - shape: [N, 3, H, W].
  ///   - margin: pixels at each side that do not count.
  init(
    _ motion: Recipe.Temporal.Motion, shape: [Int], margin: Int, generator: inout SplitMix64, device: Device
  ) throws(TorchError) {
    let (pictures, height, width) = (shape[0], shape[2], shape[3])
    let margin = Double(min(margin, height / 4, width / 4))
    let (down, across) = (Axis(height), Axis(width))
    var drawn: [Float] = []  // [N, 2, rows, columns]
    for _ in 0..<pictures {
      let one = Single(motion, down: down, across: across, generator: &generator)
      drawn += one.coefficients(0) + one.coefficients(1)
    }
    let products = try Tensor(copying: drawn, shape: [pictures * 2, down.count, across.count], type: .float32, device: device)
    let rows = try down.values(on: device)  // [H, rows]
    let columns = try across.values(on: device).transposed(0, 1)  // [columns, W]
    let places = try rows.matrixProduct(products).matrixProduct(columns)  // [2N, H, W]
      .reshaped([pictures, 2, height, width]).permuted([0, 2, 3, 1])  // [N, H, W, 2]
    // Half a thousandth of a pixel for rounding.
    let limits = [width, height].map { 1 - (2 * margin + 1) / Double($0) + 1e-3 / Double($0) }
    let inside = try places.within(limits).reshaped([pictures, 1, height, width])
    let own = try down.inside(margin, shape: [1, 1, height, 1], on: device)
      .times(across.inside(margin, shape: [1, 1, 1, width], on: device))  // [1, 1, H, W]
    self.init(places: places, mask: try inside.times(own))
  }

  /// The functions of one coordinate: 1, the place in -1…1, and the cubic B-splines of the nodes.
  private struct Axis {
    let length: Int
    let nodes: Int
    var count: Int { 2 + nodes }

    init(_ length: Int) {
      self.length = length
      nodes = Int(Double(length) / ExactFlow.spacing) + 4
    }

    /// [length, count]
    func values(on device: Device) throws(TorchError) -> Tensor {
      var values = [Float](repeating: 0, count: length * count)
      for at in 0..<length {
        let row = at * count
        values[row] = 1
        values[row + 1] = Float((2 * Double(at) + 1) / Double(length) - 1)
        let position = Double(at) / ExactFlow.spacing
        let first = Int(position)
        let t = position - Double(first)
        let (t2, t3) = (t * t, t * t * t)
        let weights = [1 - 3 * t + 3 * t2 - t3, 4 - 6 * t2 + 3 * t3, 1 + 3 * t + 3 * t2 - 3 * t3, t3]
        for (offset, weight) in weights.enumerated() { values[row + 2 + first + offset] = Float(weight / 6) }
      }
      return try Tensor(copying: values, shape: [length, count], type: .float32, device: device)
    }

    /// 1 where a pixel is at least the margin from both ends, else 0.
    func inside(_ margin: Double, shape: [Int], on device: Device) throws(TorchError) -> Tensor {
      let range = margin...Double(length - 1) - margin
      return try Tensor(
        copying: (0..<length).map { range.contains(Double($0)) ? 1 : 0 as Float }, shape: shape, type: .float32, device: device)
    }
  }

  /// One picture's motion: a similarity about its centre, then a smooth field by cubic B-splines.
  private struct Single {
    private let down: Axis
    private let across: Axis
    private let shift: SIMD2<Double>
    private let cosine: Double
    private let sine: Double
    /// Rows of nodes, pixels; empty without a field.
    private var nodes: [SIMD2<Double>] = []

    init(_ motion: Recipe.Temporal.Motion, down: Axis, across: Axis, generator: inout SplitMix64) {
      func draw(_ most: Double) -> Double { most > 0 ? Double.random(in: -most...most, using: &generator) : 0 }
      self.down = down
      self.across = across
      let moves = SIMD2(draw(motion.shift), draw(motion.shift))
      // Whole pixels need no interpolation.
      let onlyShifts = motion.zoom == 0 && motion.rotation == 0 && motion.warp == 0
      shift = onlyShifts ? moves.rounded(.toNearestOrEven) : moves
      let scale = 1 + draw(motion.zoom)
      let angle = draw(motion.rotation) * .pi / 180
      cosine = scale * cos(angle)
      sine = scale * sin(angle)
      guard motion.warp > 0 else { return }
      for _ in 0..<down.nodes * across.nodes {
        // Box and Müller: two normal values out of two uniform ones.
        let radius = motion.warp * (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
        let phase = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
        nodes.append(SIMD2(radius * cos(phase), radius * sin(phase)))
      }
    }

    /// What the products of rows' and columns' functions are multiplied by for x (0) or y (1), [rows, columns].
    func coefficients(_ component: Int) -> [Float] {
      var values = [Float](repeating: 0, count: down.count * across.count)
      let (width, height) = (Double(across.length), Double(down.length))
      // From pixels to -1…1.
      let unit = 2 / (component == 0 ? width : height)
      values[0] = Float(shift[component] * unit)
      values[1] = Float(component == 0 ? cosine : sine * width / height)
      values[across.count] = Float(component == 0 ? -sine * height / width : cosine)
      for (index, node) in nodes.enumerated() {
        let (row, column) = index.quotientAndRemainder(dividingBy: across.nodes)
        values[(2 + row) * across.count + 2 + column] = Float(node[component] * unit)
      }
      return values
    }
  }
}
