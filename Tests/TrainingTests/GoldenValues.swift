import StyleNetworks
import Testing
import Torch

/// Squares of four pixels a side in seeded colours, with some grain.
func goldenPicture(_ name: String, _ size: Int, width: Int, batch: Int = 1) throws -> Tensor {
  let (rows, columns) = (size / 4, width / 4)
  let colours = SeededValues.uniform(count: batch * 3 * rows * columns, seed: SeededValues.hash(name))
  let grain = SeededValues.uniform(count: batch * 3 * size * width, seed: SeededValues.hash(name + ".grain"))
  var values: [Float] = []
  for plane in 0..<batch * 3 {
    for y in 0..<size {
      for x in 0..<width {
        values.append(0.75 * colours[(plane * rows + y / 4) * columns + x / 4] + 0.25 * grain[(plane * size + y) * width + x])
      }
    }
  }
  return try Tensor(copying: values, shape: [batch, 3, size, width], type: .float32)
}

/// A golden's numbers in f64.
func double(_ stored: WeightTensor?) throws -> [Double] {
  let tensor = try #require(stored)
  return tensor.bytes.withUnsafeBytes { raw in
    (0..<tensor.count).map {
      Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
    }
  }
}

/// The L2 norm.
func length(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }

/// The L2 norm of a difference; infinite for other counts.
func distance(_ one: [Float], _ other: [Float]) -> Double {
  guard one.count == other.count else { return .infinity }
  return zip(one, other).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }.squareRoot()
}
