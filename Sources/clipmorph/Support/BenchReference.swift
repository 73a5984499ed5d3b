import Foundation
import StyleNetworks

/// Networks in PyTorch, measured in the same run.
enum BenchReference {
  /// Eager mode, f32, the layers as their description has them. Weights are PyTorch's own: how long a network takes does not depend on them.
  private static let script = """
    import json, sys, time
    def failed(kind, error, _):
        print(json.dumps({"failure": " ".join(f"{kind.__name__}: {error}".split())[:300]}))
    sys.excepthook = failed
    try:
        import torch
    except ImportError:
        sys.exit("no PyTorch")
    from torch import nn
    from torch.nn import functional as F
    width, height, runs, threads = map(int, sys.argv[1:5])
    if threads: torch.set_num_threads(threads)
    class Residual(nn.Module):
        def __init__(self, layers):
            super().__init__()
            self.body = nn.Sequential(*map(build, layers))
        def forward(self, x): return x + self.body(x)
    class Resize(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.conv = nn.Conv2d(i, o, 3)
        def forward(self, x):
            x = F.interpolate(F.pad(x, (1, 1, 1, 1), mode="reflect"), scale_factor=2, mode="bilinear")
            return self.conv(x[..., 1:-1, 1:-1])
    def build(l):
        k = l["type"]
        if k == "convolution":
            conv = nn.Conv2d(l["input"], l["output"], l["kernel"], l["stride"], dilation=l.get("dilation", 1), groups=l["groups"])
            return nn.Sequential(nn.ReflectionPad2d(l["padding"]), conv)
        if k == "transposedConvolution":
            return nn.ConvTranspose2d(l["input"], l["output"], l["kernel"], l["stride"], l["padding"], l["outputPadding"])
        if k == "resizeConvolution": return Resize(l["input"], l["output"])
        if k == "instanceNorm": return nn.InstanceNorm2d(l["channels"], affine=True)
        if k == "residual": return Residual(l["layers"])
        if k == "upsample": return nn.Upsample(scale_factor=l["factor"])
        if k == "unshuffle": return nn.PixelUnshuffle(l["factor"])
        if k == "shuffle": return nn.PixelShuffle(l["factor"])
        return {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[k]()
    x = torch.rand(1, 3, height, width)
    times = {}
    with torch.inference_mode():
        for name, layers in json.load(sys.stdin).items():
            net = nn.Sequential(*map(build, layers)).eval()
            if net(x).shape != x.shape: raise ValueError(f"{name} gives {tuple(net(x).shape)} for {tuple(x.shape)}")
            seconds = []
            for _ in range(runs + 2):
                begin = time.perf_counter()
                net(x)
                seconds.append(time.perf_counter() - begin)
            times[name] = sorted(seconds[2:])[runs // 2] * 1000
    print(json.dumps({"version": torch.__version__, "milliseconds": times}))
    """

  /// Why nothing was measured.
  enum Absence: Error {
    /// There is no such Python, or no torch in it.
    case noTorch
    /// PyTorch said so.
    case failure(String)
  }

  private struct Answer: Decodable {
    var version: String
    var milliseconds: [String: Double]
  }

  private struct Failure: Decodable {
    var failure: String
  }

  /// The networks by name, one frame each.
  static func measure(
    python: String, networks: [String: Architecture], width: Int, height: Int, runs: Int, threads: Int?
  ) throws(Absence) -> BenchReport.Reference {
    // A frame that a network does not divide evenly is enlarged, here as by the program.
    let multiple = networks.values.map(\.multiple).max() ?? 1
    let sides = [width, height].map { ($0 + multiple - 1) / multiple * multiple }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script] + (sides + [max(5, runs), threads ?? 0]).map(String.init)
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard let layers = try? JSONEncoder().encode(networks.mapValues(\.layers)), (try? process.run()) != nil else {
      throw .noTorch
    }
    // A Python that has ended already takes nothing more.
    try? input.fileHandleForWriting.write(contentsOf: layers)
    try? input.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let answer = try? JSONDecoder().decode(Answer.self, from: data),
      let original = answer.milliseconds["original"]
    else {
      if let said = try? JSONDecoder().decode(Failure.self, from: data) { throw .failure(said.failure) }
      throw .noTorch
    }
    // Frames, JPEG files and FFmpeg besides: 1.2 frames a second at 640x360 where one frame of the network took 457 ms.
    return .init(
      version: answer.version, milliseconds: answer.milliseconds, originalPipelineFPS: 1.2 * 457 / original)
  }
}
