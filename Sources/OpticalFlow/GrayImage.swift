internal import COpticalFlow
public import Imaging

/// A grey picture of 8 bits a pixel: what flow is estimated on.
public struct GrayImage: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height` rows of `width` values, 0…255.
  public private(set) var bytes: [UInt8]

  /// A picture of values that are there already, row by row.
  public init(width: Int, height: Int, bytes: [UInt8]) throws(FlowError) {
    _ = try cof_size(width: width, height: height)
    guard bytes.count == width * height else { throw .invalidSize(width: width, height: height) }
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// The luma of a picture: .299 R + .587 G + .114 B (BT.601), rounded as `cv::cvtColor` does; 16 bits are rounded to 8 before.
  public init(_ picture: ImageBuffer) throws(FlowError) {
    let size = try cof_size(width: picture.width, height: picture.height)
    width = picture.width
    height = picture.height
    bytes = try filled(picture.pixels) { (out) throws(FlowError) in
      try FlowLibrary.call("cvtColor") { api in
        picture.withUnsafeBytes { api.grey($0.baseAddress, Int32(picture.depth.bytes), size, out) }
      }
    }
  }

  private init(uncheckedWidth width: Int, height: Int, bytes: [UInt8]) {
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// The picture in another size, each pixel the mean of the area that it covers (OpenCV's INTER_AREA); where the new size is larger, OpenCV
  /// interpolates between two pixels.
  public func scaled(width: Int, height: Int) throws(FlowError) -> GrayImage {
    if width == self.width, height == self.height { return self }
    let from = try cof_size(width: self.width, height: self.height)
    let to = try cof_size(width: width, height: height)
    let scaled: [UInt8] = try filled(width * height) { (out) throws(FlowError) in
      try FlowLibrary.call("resize") { api in bytes.withUnsafeBytes { api.resize_area($0.baseAddress, 1, 1, from, out, to) } }
    }
    return GrayImage(uncheckedWidth: width, height: height, bytes: scaled)
  }

  /// The picture seen through a flow, as `warp` shows one in colour.
  public func warped(by flow: Flow, _ resampling: Resampling = .bilinear) throws(FlowError) -> GrayImage {
    let size = try commonSize((width, height), (flow.width, flow.height))
    let warped: [UInt8] = try filled(bytes.count) { (out) throws(FlowError) in
      try FlowLibrary.call("remap") { api in
        bytes.withUnsafeBytes { pixels in flow.withValues { api.warp(pixels.baseAddress, 1, 1, $0, size, resampling.handle, out) }
        }
      }
    }
    return GrayImage(uncheckedWidth: width, height: height, bytes: warped)
  }
}

extension ImageBuffer {
  /// The picture in another size, each pixel the mean of the area that it covers (OpenCV's INTER_AREA).
  public func areaScaled(width: Int, height: Int) throws(FlowError) -> ImageBuffer {
    if width == self.width, height == self.height { return self }
    let from = try cof_size(width: self.width, height: self.height)
    let to = try cof_size(width: width, height: height)
    return try filledPicture(width: width, height: height, depth: depth) { (out) throws(FlowError) in
      try FlowLibrary.call("resize") { api in
        withUnsafeBytes { api.resize_area($0.baseAddress, Int32(depth.bytes), 3, from, out, to) }
      }
    }
  }
}

/// An array whose memory a call writes.
func filled<Element>(
  _ count: Int, by fill: (UnsafeMutablePointer<Element>?) throws(FlowError) -> Void
) throws(FlowError) -> [Element] {
  var failure: FlowError?
  let array = [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
    do throws(FlowError) {
      try fill(buffer.baseAddress)
      initialised = count
    } catch { failure = error }
  }
  if let failure { throw failure }
  return array
}

/// A picture whose memory a call writes.
func filledPicture(
  width: Int, height: Int, depth: ImageBuffer.Depth, by fill: (UnsafeMutableRawPointer?) throws(FlowError) -> Void
) throws(FlowError) -> ImageBuffer {
  var failure: FlowError?
  let picture = ImageBuffer(width: width, height: height, depth: depth) { memory in
    do throws(FlowError) { try fill(memory.baseAddress) } catch { failure = error }
  }
  if let failure { throw failure }
  return picture
}
