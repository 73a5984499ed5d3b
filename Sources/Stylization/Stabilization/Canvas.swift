internal import CStrokes
internal import Imaging
internal import OpticalFlow

/// A frame as it was shown, in levels of 255 and their fractions: an average that is rounded each time never reaches what it tends to. Colours are
/// kept as codecs do, at half the size (4:2:0): that is how most files have them in the end, and it takes less time.
struct Canvas {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// How the planes stand for colours.
  let coding: PlanarImage.Coding
  /// Luma, 0…255.
  var luma: Plane
  /// How far blue and red are from luma, at half the size.
  var chroma: Plane

  /// BT.709's luma, where it does not matter.
  static let usualCoding = PlanarImage.Coding(red: 0.2126, blue: 0.0722, isFullRange: false)

  private init(like other: Canvas, luma: Plane, chroma: Plane) {
    (width, height, coding) = (other.width, other.height, other.coding)
    (self.luma, self.chroma) = (luma, chroma)
  }

  init(_ picture: ImageBuffer, coding: PlanarImage.Coding = usualCoding) {
    (width, height, self.coding) = (picture.width, picture.height, coding)
    let whole = Plane.Shape(width: width, height: height, channels: 1)
    let half = Plane.Shape(width: (width + 1) / 2, height: (height + 1) / 2, channels: 2)
    let form = Canvas.form(width: width, height: height, whole, half, coding)
    var differences: Plane?
    luma = Plane(whole) { luma in
      differences = Plane(half) { chroma in
        picture.withUnsafeBytes { bytes in
          if let samples = bytes.baseAddress { cs_split(samples, Canvas.bytes(picture.depth), form, luma, chroma) }
        }
      }
    }
    chroma = differences ?? Plane(half) { $0.initialize(repeating: 0, count: half.stride * half.height) }
  }

  /// The picture in samples of so many bits.
  func picture(depth: ImageBuffer.Depth) -> ImageBuffer {
    ImageBuffer(width: width, height: height, depth: depth) { bytes in
      withPlanes { luma, chroma in
        if let samples = bytes.baseAddress { cs_join(luma, chroma, form, Canvas.bytes(depth), samples) }
      }
    }
  }

  /// The picture as codecs keep it, in the canvas's own coding; both sides must be even.
  func planes() -> PlanarImage {
    PlanarImage(width: width, height: height, coding: coding) { bytes in
      withPlanes { luma, chroma in
        let samples = bytes.bindMemory(to: UInt8.self)
        if let start = samples.baseAddress { cs_code(luma, chroma, form, coding.isFullRange ? 1 : 0, start) }
      }
    }
  }

  /// What was shown, moved along with the source, where it is led at all; elsewhere nothing that counts.
  ///
  /// - Parameters:
  ///   - flow: where each pixel was in the frame before, at half the size.
  ///   - led: how far pixels are led, in the flow's size.
  ///   - kernel: what reads between pixels.
  func moved(along flow: Flow, where led: [Float], by kernel: StrokeKernel) -> Canvas {
    precondition(flow.width == chroma.shape.width && flow.height == chroma.shape.height)
    return Canvas(
      like: self, luma: kernel.moved(luma, of: form, along: flow, where: led),
      chroma: kernel.moved(chroma, of: form, along: flow, where: led))
  }

  private var form: cs_form { Canvas.form(width: width, height: height, luma.shape, chroma.shape, coding) }

  private static func form(
    width: Int, height: Int, _ luma: Plane.Shape, _ chroma: Plane.Shape, _ coding: PlanarImage.Coding
  ) -> cs_form {
    cs_form(
      width: Int32(width), height: Int32(height), luma_stride: Int32(luma.stride), chroma_stride: Int32(chroma.stride),
      red: coding.red, blue: coding.blue)
  }

  private func withPlanes(_ body: (_ luma: UnsafePointer<Float>, _ chroma: UnsafePointer<Float>) -> Void) {
    luma.values.withUnsafeBufferPointer { luma in
      chroma.values.withUnsafeBufferPointer { chroma in
        if let luma = luma.baseAddress, let chroma = chroma.baseAddress { body(luma, chroma) }
      }
    }
  }

  /// Bytes of a sample.
  private static func bytes(_ depth: ImageBuffer.Depth) -> Int32 {
    switch depth {
    case .eight: 1
    case .sixteen: 2
    }
  }
}
