/// A correction's rows at a painting's size (bilinear), each with three values a pixel.
struct CorrectionRows: ~Copyable {
  private let correction: Correction
  private let memory: UnsafeMutablePointer<Float>
  /// A row at half size.
  private let half: UnsafeMutablePointer<Float>
  /// As `Correction` has them, one row.
  let paint: UnsafeMutablePointer<Float>
  let stay: UnsafeMutablePointer<Float>
  let shift: UnsafeMutablePointer<Float>

  init(_ correction: Correction) {
    self.correction = correction
    // Four values are read and written at a time, of which three count.
    let (one, two) = (correction.width * 3 + 1, correction.width * 6 + 1)
    memory = .allocate(capacity: one + 3 * two)
    memory.initialize(repeating: 0, count: one + 3 * two)
    (half, paint, stay, shift) = (memory, memory + one, memory + one + two, memory + one + 2 * two)
  }

  deinit { memory.deallocate() }

  /// Goes to a row of the painting.
  func read(_ y: Int) {
    let place = Interpolation(y, of: 2, within: correction.height)
    readSingle(correction.paint, place)
    widen(into: paint)
    readSingle(correction.stay, place)
    widen(into: stay)
    let count = correction.width * 3
    correction.shift.withUnsafeBufferPointer { values in
      let (one, two) = (place.first * count, place.second * count)
      for index in 0..<count { half[index] = values[one + index] + (values[two + index] - values[one + index]) * place.share }
    }
    widen(into: shift)
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
