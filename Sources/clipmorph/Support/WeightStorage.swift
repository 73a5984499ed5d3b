import ArgumentParser
import StyleNetworks

/// How a style file's numbers are stored.
enum WeightStorage: String, CaseIterable, ExpressibleByArgument {
  case f32, f16, bf16

  var type: ScalarType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}
