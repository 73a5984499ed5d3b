internal import CStrokes

/// A painting that takes over what was shown before: where the source stands still as it was, and elsewhere the strokes, moved along.
struct Handover {
  private typealias Weights = StabilizationWeights

  /// What is to be shown.
  let canvas: Canvas
  /// What is left of the finest strokes.
  let finest: FinestStrokes

  /// - Parameters:
  ///   - painting: the painting.
  ///   - before: what was shown before, of the same size.
  ///   - moved: the same, moved along with the source; nil where motion is not looked at.
  ///   - motion: what stands still, and how far strokes are led, at half the size.
  init(_ painting: consuming Canvas, before: Canvas, moved: Canvas?, motion: SceneMotion) {
    let led = moved == nil ? [Float](repeating: 0, count: motion.still.count) : motion.moving
    let moved = moved ?? before
    let finest = Handover.hand(&painting.luma, before: before.luma, moved: moved.luma, led, motion, bounds: 0...255)
    _ = Handover.hand(&painting.chroma, before: before.chroma, moved: moved.chroma, led, motion, bounds: -255...255)
    canvas = painting
    self.finest = FinestStrokes(painted: finest.painted, shown: finest.shown)
  }

  /// Hands one plane over. `led` is how far strokes are led, at half the size. Returns the energy of the finest that are.
  private static func hand(
    _ painting: inout Plane, before: Plane, moved: Plane, _ led: [Float], _ motion: SceneMotion, bounds: ClosedRange<Float>
  ) -> cs_finest {
    // What follows reads no more of these than is there.
    precondition(before.values.count == painting.values.count && moved.values.count == painting.values.count)
    precondition(led.count == motion.width * motion.height && motion.still.count == led.count)
    precondition(motion.left.map { $0.shares.count == led.count } ?? true)
    let shape = painting.shape
    var finest = cs_finest(painted: 0, shown: 0)
    painting.values.withUnsafeMutableBufferPointer { shown in
      before.values.withUnsafeBufferPointer { still in
        moved.values.withUnsafeBufferPointer { moved in
          led.withUnsafeBufferPointer { led in
            motion.still.withUnsafeBufferPointer { stays in
              (motion.left?.shares ?? []).withUnsafeBufferPointer { left in
                guard let shown = shown.baseAddress, let still = still.baseAddress, let moved = moved.baseAddress,
                  let led = led.baseAddress, let stays = stays.baseAddress
                else { return }
                var plane = cs_plane(
                  painting: shown, led: moved, still: still, rows: Int32(shape.height),
                  floats: Int32(shape.width * shape.channels), stride: Int32(shape.stride), cell_rows: Int32(shape.cellHeight),
                  led_shares: led, still_shares: stays, left_shares: motion.left == nil ? nil : left.baseAddress,
                  levels: nil, share_columns: Int32(motion.width), share_rows: Int32(motion.height),
                  own_led: Weights.movingColour, own_still: Weights.stillColour)
                hand(&plane, of: shape, sourceLevels: motion.left?.sourceLevels, bounds: bounds, to: shown, &finest)
              }
            }
          }
        }
      }
    }
    return finest
  }

  /// Hands a plane over whose pointers are known.
  private static func hand(
    _ plane: inout cs_plane, of shape: Plane.Shape, sourceLevels: [SIMD4<Float>]?, bounds: ClosedRange<Float>,
    to shown: UnsafeMutablePointer<Float>, _ finest: inout cs_finest
  ) {
    guard let sourceLevels else { return handOver(&plane, of: shape, bounds: bounds, to: shown, &finest) }
    let levels = AreaMeans(of: shape, isSpread: true) {
      cs_sum_levels(&plane, $0)
    } mean: {
      level($1, source: $0 < sourceLevels.count ? sourceLevels[$0] : .zero, channels: shape.channels)
    }
    levels.withFloats {
      plane.levels = $0
      handOver(&plane, of: shape, bounds: bounds, to: shown, &finest)
    }
  }

  /// The same where the levels of what something has left are known, too.
  private static func handOver(
    _ plane: inout cs_plane, of shape: Plane.Shape, bounds: ClosedRange<Float>, to shown: UnsafeMutablePointer<Float>,
    _ finest: inout cs_finest
  ) {
    let areas = AreaMeans(of: shape) {
      cs_sum_changes(&plane, $0)
    } mean: {
      change($1, channels: shape.channels)
    }
    areas.withFloats { areas in
      let contrasts = AreaMeans(of: shape) {
        cs_sum_contrasts(&plane, areas, $0)
      } mean: {
        contrast($1, channels: shape.channels)
      }
      contrasts.withFloats { cs_hand_over(&plane, areas, $0, bounds.lowerBound, bounds.upperBound, shown, &finest) }
    }
  }

  /// From an area's sums to what the painting needs there to differ from what is held as the source does: even and odd floats.
  private static func level(_ sums: SIMD8<Float>, source: SIMD4<Float>, channels: Int) -> SIMD4<Float> {
    guard sums[2] > 0, sums[5] > 0 else { return .zero }
    func mean(_ even: Float, _ odd: Float, _ share: Float) -> SIMD2<Float> {
      channels == 1 ? SIMD2(repeating: (even + odd) / share) : SIMD2(even, odd) / (share / 2)
    }
    let painted = mean(sums[3], sums[4], sums[5]) - mean(sums[0], sums[1], sums[2])
    let due = channels == 1 ? SIMD2(repeating: source.z) : SIMD2(source.x, source.y)
    return SIMD4(lowHalf: painted - due, highHalf: .zero)
  }

  /// From an area's sums to the mean changes: even and odd floats of what is led, and of what stands still. In luma both are pixels of one kind.
  private static func change(_ sums: SIMD8<Float>, channels: Int) -> SIMD4<Float> {
    // A little of nothing beside: where hardly a pixel counts, there is no telling.
    func mean(_ even: Float, _ odd: Float, _ share: Float) -> SIMD2<Float> {
      channels == 1 ? SIMD2(repeating: (even + odd) / (share + 2)) : SIMD2(even, odd) / (share / 2 + 1)
    }
    return SIMD4(lowHalf: mean(sums[0], sums[1], sums[2]), highHalf: mean(sums[3], sums[4], sums[5]))
  }

  /// From an area's sums (even and odd floats of the painting, the squares of all, how many they are; and the same of what is to be shown): the mean of the last, and by how much its
  /// strokes must be strengthened to have the painting's contrast, twice.
  private static func contrast(_ sums: SIMD8<Float>, channels: Int) -> SIMD4<Float> {
    let count = sums[3]
    func variance(_ even: Float, _ odd: Float, _ squares: Float) -> (mean: SIMD2<Float>, of: Float) {
      let mean = channels == 1 ? SIMD2(repeating: (even + odd) / count) : SIMD2(even, odd) / (count / 2)
      return (mean, max(0, squares / count - (mean * mean).sum() / 2))
    }
    let (was, now) = (variance(sums[0], sums[1], sums[2]), variance(sums[4], sums[5], sums[6]))
    // A level and a half of variance more: what is all but even has no strokes.
    let gain = ((was.of + 1.5) / (now.of + 1.5)).squareRoot()
    let bounded = max(Weights.strengthening.lowerBound, min(Weights.strengthening.upperBound, gain))
    return SIMD4(now.mean.x, now.mean.y, bounded, bounded)
  }
}
