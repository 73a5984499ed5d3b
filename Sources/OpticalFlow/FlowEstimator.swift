internal import COpticalFlow

/// Dense inverse search (Kroeger et al. 2016) by OpenCV. One serves one thread at a time, and keeps its memory from call to call.
public final class FlowEstimator {
  /// How much time an estimate may take; OpenCV's presets.
  public enum Preset: String, Sendable, CaseIterable {
    /// Coarse patches, no refinement.
    case ultrafast
    /// Finer patches, some refinement.
    case fast
    /// Overlapping patches at half the pictures' size: what judges use.
    case medium

    var handle: cof_preset {
      switch self {
      case .ultrafast: COF_ULTRAFAST
      case .fast: COF_FAST
      case .medium: COF_MEDIUM
      }
    }
  }

  /// How it estimates.
  public let preset: Preset
  private let estimator: OpaquePointer
  private let release: (OpaquePointer) -> Void

  /// An estimator; loads OpenCV where it is the program's first.
  ///
  /// - Parameters:
  ///   - preset: how much time it takes.
  ///   - finestScale: where it stops refining: 0 at the pictures' size, 1 at half of it, and so on, up to 8; nil takes the preset's.
  ///   - descents: the steps of gradient descent for a patch, 0 to 256; nil takes the preset's.
  ///   - refinements: the steps of variational refinement at each scale, 0 to 256; nil takes the preset's.
  ///   - stride: how many pixels the patches, of eight pixels a side, are apart, 1 to 8; nil takes the preset's.
  public init(
    preset: Preset = .medium, finestScale: Int? = nil, descents: Int? = nil, refinements: Int? = nil, stride: Int? = nil
  ) throws(FlowError) {
    let api = try FlowLibrary.table()
    var made: OpaquePointer?
    try FlowLibrary.call("DISOpticalFlow::create") {
      $0.estimator_new(
        preset.handle, Int32(max(-1, min(8, finestScale ?? -1))), Int32(max(-1, min(256, descents ?? -1))),
        Int32(max(-1, min(256, refinements ?? -1))), Int32(stride.map { max(1, min(8, $0)) } ?? -1), &made)
    }
    guard let made else { throw .failed(call: "DISOpticalFlow::create", reason: "no estimator was made") }
    self.preset = preset
    estimator = made
    release = { api.estimator_free($0) }
  }

  deinit { release(estimator) }

  /// Where each pixel of `from` is found in `to`.
  ///
  /// - Parameters:
  ///   - from: a picture of at least 8x8 pixels (dense inverse search matches patches of that size).
  ///   - to: a picture of the same size.
  public func flow(from: GrayImage, to: GrayImage) throws(FlowError) -> Flow {
    let size = try commonSize((from.width, from.height), (to.width, to.height))
    let vectors = try filledVectors(from.bytes.count) { (api, out) in
      from.bytes.withUnsafeBufferPointer { from in
        to.bytes.withUnsafeBufferPointer { api.estimate(estimator, from.baseAddress, $0.baseAddress, size, out) }
      }
    }
    return Flow(uncheckedWidth: from.width, height: from.height, vectors: vectors)
  }
}
