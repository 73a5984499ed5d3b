internal import OpticalFlow

extension Stylizer {
  /// What follows the source for the stabiliser; nil where none is wanted, or where the painting is the source.
  func motionEstimator(warn: (String) -> Void) throws -> MotionEstimator? {
    guard options.strength > 0 else { return nil }
    switch options.stabilization {
    case .off: return nil
    case .static: return try MotionEstimator(flow: false)
    case .flow: return try MotionEstimator(flow: true, strain: options.strain)
    case .auto:
      do {
        return try MotionEstimator(flow: true, strain: options.strain)
      } catch let error as FlowError {
        warn("\(error.description); flicker is taken away only where nothing moves")
        return try MotionEstimator(flow: false)
      }
    }
  }
}
