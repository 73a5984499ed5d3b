internal import Imaging
internal import OpticalFlow

/// How far a frame is from its predecessor moved by the flow.
enum WarpError {
  /// mean over pixels that count of the mean over channels of ((warp(previous) - current) / 255)²; nil where none counts.
  ///
  /// - Parameters:
  ///   - flow: from the current frame to the previous one.
  ///   - mask: the pixels that count.
  static func between(
    _ previous: ImageBuffer, _ current: ImageBuffer, flow: Flow, mask: FlowMask
  ) throws(FlowError) -> Double? {
    let warped = try warp(previous, by: flow)
    var sum = 0
    var count = 0
    warped.withUnsafeBytes { a in
      current.withUnsafeBytes { b in
        for (index, counts) in mask.values.enumerated() where counts != 0 {
          for byte in 3 * index..<3 * index + 3 {
            let difference = Int(a[byte]) - Int(b[byte])
            sum += difference * difference
          }
          count += 1
        }
      }
    }
    return count == 0 ? nil : Double(sum) / Double(count) / (3 * 255 * 255)
  }
}
