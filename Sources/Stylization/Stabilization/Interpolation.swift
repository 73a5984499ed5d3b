/// Between which two of fewer, larger pixels one lies: linear between their centres.
struct Interpolation {
  /// The one before.
  let first: Int
  /// The one after.
  let second: Int
  /// How far it lies from the first to the second, 0…1.
  let share: Float

  /// - Parameters:
  ///   - position: the pixel.
  ///   - factor: how many pixels a larger one is wide.
  ///   - count: how many larger ones there are.
  init(_ position: Int, of factor: Int, within count: Int) {
    let place = max(0, min(Float(count - 1), (Float(position) + 0.5) / Float(factor) - 0.5))
    first = Int(place)
    second = min(count - 1, first + 1)
    share = place - Float(first)
  }
}
