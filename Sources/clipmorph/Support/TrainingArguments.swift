public import ArgumentParser
public import Training

/// A time: seconds, or a number with s, m or h.
struct Duration: ExpressibleByArgument {
  var seconds: Double

  init?(argument: String) {
    let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let factor = argument.last.flatMap { factors[$0] }
    guard let value = Double(factor == nil ? argument[...] : argument.dropLast()), value.isFinite else { return nil }
    let seconds = value * (factor ?? 1)
    guard seconds >= 1, seconds <= 1e7 else { return nil }
    self.seconds = seconds
  }
}

extension StyleCrop: ExpressibleByArgument {
  /// Reads `WxH+X+Y`.
  public init?(argument: String) {
    let numbers = argument.split { "x+".contains($0) }.map { Int($0) }
    guard numbers.count == 4, let width = numbers[0], let height = numbers[1], let x = numbers[2], let y = numbers[3],
      argument == "\(width)x\(height)+\(x)+\(y)"
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }
}

/// Trackers' names with commas between them.
struct TrackerChoice: ExpressibleByArgument {
  var trackers: [TrainingTracker]

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false).map { TrainingTracker(rawValue: String($0)) }
    trackers = names.compactMap { $0 }
    if trackers.isEmpty || trackers.count != names.count { return nil }
  }
}

extension LossNetworkChoice: ExpressibleByArgument {}
extension TrainingDevice: ExpressibleByArgument {}
extension TrainingPrecision: ExpressibleByArgument {}
