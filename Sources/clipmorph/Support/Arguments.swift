public import ArgumentParser
public import Engine
import Media
public import Stylization

/// A time in a clip: seconds, `MM:SS` or `HH:MM:SS`, each with decimals.
struct ClipTime: ExpressibleByArgument {
  var seconds: Double

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard (1...3).contains(parts.count) else { return nil }
    var seconds = 0.0
    for (index, part) in parts.enumerated() {
      guard let part, part >= 0, part.isFinite, index == 0 || part < 60 else { return nil }
      seconds = seconds * 60 + part
    }
    guard seconds < 1e7 else { return nil }
    self.seconds = seconds
  }
}

/// Frames a second: a number or a fraction.
struct FrameRate: ExpressibleByArgument {
  var rate: Rational

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, let over = Int(parts[0]), let under = Int(parts[1]), over > 0, under > 0, over <= 1_000_000,
      under <= 1_000_000
    {
      rate = Rational(over, under)
    } else if parts.count == 1, let whole = Int(argument), (1...1000).contains(whole) {
      rate = Rational(whole, 1)
    } else if parts.count == 1, let value = Double(argument), (0.001...1000).contains(value) {
      rate = Rational(Int((value * 1000).rounded()), 1000)
    } else {
      return nil
    }
  }
}

extension EngineOptions.Device: ExpressibleByArgument {}
extension EngineOptions.Precision: ExpressibleByArgument {}
extension Stabilization: ExpressibleByArgument {}
