internal import COpticalFlow
public import Imaging

/// Where each pixel of a picture is found in another.
public struct Flow: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height` rows of `width` displacements, x then y, in pixels.
  public private(set) var vectors: [SIMD2<Float>]

  /// A flow of displacements that are there already, row by row.
  public init(width: Int, height: Int, vectors: [SIMD2<Float>]) throws(FlowError) {
    _ = try cof_size(width: width, height: height)
    guard vectors.count == width * height else { throw .invalidSize(width: width, height: height) }
    self.width = width
    self.height = height
    self.vectors = vectors
  }

  init(uncheckedWidth width: Int, height: Int, vectors: [SIMD2<Float>]) {
    self.width = width
    self.height = height
    self.vectors = vectors
  }

  /// The flow between the same pictures in another size: interpolated (bilinear), and the displacements scaled along.
  public func scaled(width: Int, height: Int) throws(FlowError) -> Flow {
    if width == self.width, height == self.height { return self }
    let from = try cof_size(width: self.width, height: self.height)
    let to = try cof_size(width: width, height: height)
    let result = try filledVectors(width * height) { (api, out) in
      withValues { api.resize_flow($0, from, out, to) }
    }
    return Flow(uncheckedWidth: width, height: height, vectors: result)
  }

  /// This flow seen through another: at p what this one has at p + `flow`(p); bilinear, 0 outside.
  public func warped(by flow: Flow) throws(FlowError) -> Flow {
    let size = try commonSize((width, height), (flow.width, flow.height))
    let result = try filledVectors(vectors.count) { (api, out) in
      withValues { values in flow.withValues { api.warp_flow(values, $0, size, out) } }
    }
    return Flow(uncheckedWidth: width, height: height, vectors: result)
  }

  /// Which pixels' flow can be trusted: where this flow and the opposite one lead back to the pixel, and this one leads to a place inside.
  ///
  /// With this flow w from t to t-1 and `forward` f from t-1 to t: |f(p + w) + w|² ≤ `relative` (|f(p + w)|² + |w|²) + `absolute`
  /// (Sundaram, Brox and Keutzer 2010, whose numbers are the defaults; used so by Lai et al. 2018).
  ///
  /// - Parameters:
  ///   - forward: the flow in the opposite direction, of the same size.
  ///   - relative: the share of the squared lengths that may be missed.
  ///   - absolute: squared pixels that may be missed beyond.
  public func consistent(with forward: Flow, relative: Float = 0.01, absolute: Float = 0.5) throws(FlowError) -> FlowMask {
    let back = try forward.warped(by: self)
    let last = SIMD2(Float(width - 1), Float(height - 1))
    let values = [UInt8](unsafeUninitializedCapacity: vectors.count) { out, count in
      vectors.withUnsafeBufferPointer { vectors in
        back.vectors.withUnsafeBufferPointer { back in
          for y in 0..<height {
            for x in 0..<width {
              let index = y * width + x
              let w = vectors[index]
              let f = back[index]
              let place = SIMD2(Float(x), Float(y)) + w
              let missed = ((f + w) * (f + w)).sum()
              let inside = place.x >= 0 && place.y >= 0 && place.x <= last.x && place.y <= last.y
              out[index] = inside && missed <= relative * ((f * f).sum() + (w * w).sum()) + absolute ? 1 : 0
            }
          }
        }
      }
      count = vectors.count
    }
    return FlowMask(width: width, height: height, values: values)
  }

  /// The pixels whose flow leads to a place inside, of those that `counts` lets count by their index.
  public func inside(where counts: (Int) -> Bool = { _ in true }) -> FlowMask {
    let values = vectors.indices.map { index -> UInt8 in
      let place = SIMD2(Float(index % width), Float(index / width)) + vectors[index]
      let inside = place.x >= 0 && place.y >= 0 && place.x <= Float(width - 1) && place.y <= Float(height - 1)
      return inside && counts(index) ? 1 : 0
    }
    return FlowMask(width: width, height: height, values: values)
  }

  func withValues<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
    vectors.withUnsafeBytes { body($0.assumingMemoryBound(to: Float.self).baseAddress) }
  }
}

/// The pixels that count.
public struct FlowMask: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height` rows of `width` values: 1 where a pixel counts, else 0.
  public let values: [UInt8]

  /// The share of pixels that count, 0…1.
  public var share: Double { Double(values.reduce(0) { $0 + Int($1) }) / Double(values.count) }
}

/// How a picture is read between its pixels.
public enum Resampling: Sendable, Hashable {
  /// From the two by two around, and black outside; softens a little.
  case bilinear
  /// From the four by four around (Keys 1981, a = -0.75), outside as at the edge; keeps what is sharp where a picture is moved again and again.
  case bicubic

  var handle: cof_resampling {
    switch self {
    case .bilinear: COF_BILINEAR
    case .bicubic: COF_BICUBIC
    }
  }
}

/// A picture seen through a flow: at p what it has at p + `flow`(p), as `cv::remap` does it.
///
/// With the flow from t to t-1 and the picture of t-1 this is the picture of t, as far as it was to be seen.
public func warp(_ picture: ImageBuffer, by flow: Flow, _ resampling: Resampling = .bilinear) throws(FlowError) -> ImageBuffer {
  let size = try commonSize((picture.width, picture.height), (flow.width, flow.height))
  return try filledPicture(width: picture.width, height: picture.height, depth: picture.depth) { (out) throws(FlowError) in
    try FlowLibrary.call("remap") { api in
      picture.withUnsafeBytes { pixels in
        flow.withValues { api.warp(pixels.baseAddress, Int32(picture.depth.bytes), 3, $0, size, resampling.handle, out) }
      }
    }
  }
}

/// Displacements whose memory a call writes.
func filledVectors(
  _ count: Int, by fill: (cof_api, UnsafeMutablePointer<Float>?) -> Int32
) throws(FlowError) -> [SIMD2<Float>] {
  try filled(count) { (out: UnsafeMutablePointer<SIMD2<Float>>?) throws(FlowError) in
    let memory = UnsafeMutableRawPointer(out)?.assumingMemoryBound(to: Float.self)
    try FlowLibrary.call("optical flow") { fill($0, memory) }
  }
}

func commonSize(_ a: (width: Int, height: Int), _ b: (width: Int, height: Int)) throws(FlowError) -> cof_size {
  guard a == b else { throw .differentSizes(first: a, second: b) }
  return try cof_size(width: a.width, height: a.height)
}
