import Foundation

/// The original system's network in PyTorch, measured in the same run.
enum BenchReference {
  /// Eager mode, f32, seeded by PyTorch: how long it takes does not depend on the weights.
  private static let script = """
    import json, sys, time
    import torch
    from torch import nn
    width, height, runs, threads = map(int, sys.argv[1:])
    if threads: torch.set_num_threads(threads)
    def conv(i, o, k, s=1): return nn.Sequential(nn.ReflectionPad2d(k // 2), nn.Conv2d(i, o, k, s))
    def norm(c): return nn.InstanceNorm2d(c, affine=True)
    class Block(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.body = nn.Sequential(conv(c, c, 3), norm(c), nn.ReLU(), conv(c, c, 3), norm(c))
        def forward(self, x): return x + self.body(x)
    def up(i, o): return nn.ConvTranspose2d(i, o, 3, 2, 1, 1)
    net = nn.Sequential(
        conv(3, 32, 9), norm(32), nn.ReLU(), conv(32, 64, 3, 2), norm(64), nn.ReLU(), conv(64, 128, 3, 2), norm(128), nn.ReLU(),
        *[Block(128) for _ in range(5)],
        up(128, 64), norm(64), nn.ReLU(), up(64, 32), norm(32), nn.ReLU(), conv(32, 3, 9), nn.Sigmoid()).eval()
    x = torch.rand(1, 3, height, width)
    seconds = []
    with torch.inference_mode():
        for _ in range(runs + 2):
            begin = time.perf_counter()
            net(x)
            seconds.append(time.perf_counter() - begin)
    print(json.dumps({"version": torch.__version__, "milliseconds": sorted(seconds[2:])[runs // 2] * 1000}))
    """

  private struct Answer: Decodable {
    var version: String
    var milliseconds: Double
  }

  /// nil where there is no such Python, or no torch in it.
  static func measure(python: String, width: Int, height: Int, runs: Int, threads: Int?) -> BenchReport.Reference? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script] + [width, height, max(5, runs), threads ?? 0].map(String.init)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let answer = try? JSONDecoder().decode(Answer.self, from: data) else { return nil }
    // Frames, JPEG files and FFmpeg besides: 1.2 frames a second at 640x360 where one frame of the network took 457 ms.
    return .init(
      version: answer.version, milliseconds: answer.milliseconds, originalPipelineFPS: 1.2 * 457 / answer.milliseconds)
  }
}
