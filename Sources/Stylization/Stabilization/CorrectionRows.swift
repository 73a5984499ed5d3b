/// A correction's rows at a painting's size (bilinear), each with three values a pixel.
struct CorrectionRows: ~Copyable {
  private let correction: Correction
  private let fine: [Float]?
  private let width: Int
  private let memory: UnsafeMutablePointer<Float>
  /// A row at half size.
  private let half: UnsafeMutablePointer<Float>
  /// As `Correction` has them, one row.
  let stay: UnsafeMutablePointer<Float>
  let shift: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - correction: what is given at the painting's size.
  ///   - fine: what is added to the shift's channels: a value for each of the painting's pixels, or nil.
  ///   - width: the painting's.
  init(_ correction: Correction, fine: [Float]?, width: Int) {
    self.correction = correction
    (self.fine, self.width) = (fine, width)
    // Four values are read and written at a time, of which three count.
    let (one, two) = (correction.width * 3 + 1, correction.width * 6 + 1)
    memory = .allocate(capacity: one + 2 * two)
    memory.initialize(repeating: 0, count: one + 2 * two)
    (half, stay, shift) = (memory, memory + one, memory + one + two)
  }

  deinit { memory.deallocate() }

  /// Goes to a row of the painting.
  func read(_ y: Int) {
    let place = Interpolation(y, of: 2, within: correction.height)
    readSingle(correction.stay, place)
    widen(into: stay)
    let count = correction.width * 3
    correction.shift.withUnsafeBufferPointer { values in
      let (one, two) = (place.first * count, place.second * count)
      for index in 0..<count { half[index] = values[one + index] + (values[two + index] - values[one + index]) * place.share }
    }
    widen(into: shift)
    fine?.withUnsafeBufferPointer { fine in
      let (row, shift) = (y * width, UnsafeMutableRawPointer(shift))
      for x in 0..<width {
        let (value, offset) = (fine[row + x], x * 3 * MemoryLayout<Float>.stride)
        let pixel = shift.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self) + SIMD4(value, value, value, 0)
        shift.storeBytes(of: pixel, toByteOffset: offset, as: SIMD4<Float>.self)
      }
    }
  }

  private func readSingle(_ values: [Float], _ place: Interpolation) {
    values.withUnsafeBufferPointer { values in
      let (one, two) = (place.first * correction.width, place.second * correction.width)
      for column in 0..<correction.width {
        let value = values[one + column] + (values[two + column] - values[one + column]) * place.share
        for channel in 0..<3 { half[column * 3 + channel] = value }
      }
    }
  }

  private func widen(into target: UnsafeMutablePointer<Float>) {
    let (from, to) = (UnsafeRawPointer(half), UnsafeMutableRawPointer(target))
    let (pixel, last) = (3 * MemoryLayout<Float>.stride, correction.width - 1)
    var here = from.loadUnaligned(as: SIMD4<Float>.self)
    var left = here
    for column in 0...last {
      let right = from.loadUnaligned(fromByteOffset: min(column + 1, last) * pixel, as: SIMD4<Float>.self)
      to.storeBytes(of: left * 0.25 + here * 0.75, toByteOffset: column * 2 * pixel, as: SIMD4<Float>.self)
      to.storeBytes(of: here * 0.75 + right * 0.25, toByteOffset: (column * 2 + 1) * pixel, as: SIMD4<Float>.self)
      (left, here) = (here, right)
    }
  }
}
