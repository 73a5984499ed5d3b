internal import Foundation

/// What the processor can do.
public enum Processor {
  /// Whether it multiplies in bf16 (AVX-512 BF16, AMX); elsewhere bf16 is emulated, and slower than f32.
  public static let computesBF16: Bool = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let flags = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") || $0.hasPrefix("Features") })
    else { return false }
    let names = flags.split(separator: " ")
    return ["avx512_bf16", "amx_bf16", "bf16"].contains { names.contains(Substring($0)) }
  }()
}
