// swift-tools-version: 6.2
import Foundation
import PackageDescription

// LibTorch's headers and libraries: LIBTORCH names a folder of one's own, otherwise the set-up script puts the pinned one here.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.setup/libtorch"

// OpenVINO's C headers and libraries, put here by the set-up script too; opened when the engine is first used.
let openvino = "\(Context.packageDirectory)/.setup/openvino"
#if os(macOS)
  let openvinoLibrary = "\(openvino)/lib/libopenvino_c.dylib"
#else
  let openvinoLibrary = "\(openvino)/lib/libopenvino_c.so"
#endif

// The tests' build takes no warnings; a newer compiler's new ones do not keep anyone else from building.
let strict: [SwiftSetting] = Context.environment["CLIPMORPH_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let swiftSettings: [SwiftSetting] =
  strict + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]

// A LibTorch with CUDA brings a part of its own, which the linker would leave out where nothing names it. Its headers include
// CUDA's: those of the wheels beside it, or of CUDA_HOME.
let hasCUDA = FileManager.default.fileExists(atPath: "\(libtorch)/lib/libtorch_cuda.so")
let cudaHeaders = [
  "\(libtorch)/../nvidia/cu13/include", "\(libtorch)/../nvidia/cuda_runtime/include",
  (Context.environment["CUDA_HOME"] ?? "/usr/local/cuda") + "/include",
].first { hasCUDA && FileManager.default.fileExists(atPath: $0 + "/cuda_runtime_api.h") }

let package = Package(
  name: "clipmorph",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "clipmorph", targets: ["clipmorph"]),
    .library(name: "Stylization", targets: ["Stylization", "Engine", "Media", "Imaging"]),
    .library(name: "TorchEngine", targets: ["TorchEngine"]),
    .library(name: "OpenVINOEngine", targets: ["OpenVINOEngine"]),
    .library(name: "StyleNetworks", targets: ["StyleNetworks"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Tracking", targets: ["Tracking", "RunReports"]),
    .library(name: "OpticalFlow", targets: ["OpticalFlow"]),
    // Loaded on first use, so that a program that never runs LibTorch does not pay for loading it.
    .library(name: "clipmorph-torch", type: .dynamic, targets: ["CTorchRuntime"]),
    // The same for OpenCV.
    .library(name: "clipmorph-flow", type: .dynamic, targets: ["COpticalFlowRuntime"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    .executableTarget(
      name: "clipmorph",
      dependencies: [
        "Stylization", "TorchEngine", "OpenVINOEngine", "Training", "Evaluation", "RunReports", "Fetching", "OpticalFlow",
        "StyleNetworks",
        "Media", "Engine", "Imaging",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    // How the library is used; built by ./test, not by ./clipmorph.
    .executableTarget(
      name: "stylize-picture", dependencies: ["Stylization", "OpenVINOEngine", "Engine", "Media", "Imaging", "StyleNetworks"],
      path: "examples/stylize-picture", swiftSettings: swiftSettings),
    .executableTarget(
      name: "stylize-clip", dependencies: ["Stylization", "OpenVINOEngine", "Engine", "Media", "StyleNetworks"],
      path: "examples/stylize-clip", swiftSettings: swiftSettings),
    .target(
      name: "Stylization", dependencies: ["Engine", "Media", "Imaging", "OpticalFlow", "StyleNetworks", "CStrokes"],
      swiftSettings: swiftSettings),
    .target(name: "Engine", dependencies: ["Imaging", "StyleNetworks"], swiftSettings: swiftSettings),
    .target(
      name: "TorchEngine", dependencies: ["Engine", "TorchPasses", "Torch", "Imaging", "StyleNetworks"],
      swiftSettings: swiftSettings),
    .target(
      name: "OpenVINOEngine", dependencies: ["Engine", "COpenVINO", "Imaging", "StyleNetworks"], swiftSettings: swiftSettings),
    .target(
      name: "COpenVINO",
      cSettings: [
        .unsafeFlags(["-isystem", "\(openvino)/include"]), .define("CLIPMORPH_OPENVINO", to: "\"\(openvinoLibrary)\""),
      ]),
    .target(
      name: "Training", dependencies: ["Tracking", "TorchPasses", "Torch", "Engine", "StyleNetworks", "Imaging", "Media"],
      swiftSettings: swiftSettings),
    .target(
      name: "Evaluation", dependencies: ["Training", "OpticalFlow", "Reports", "Media", "Imaging"], swiftSettings: swiftSettings),
    // What runs have written down, as tables, curves and pages.
    .target(
      name: "RunReports", dependencies: ["Tracking", "Reports", "Media", "Imaging"], swiftSettings: swiftSettings),
    // Pages and plots; what they show is others' business.
    .target(name: "Reports", dependencies: ["Media", "Imaging"], swiftSettings: swiftSettings),
    .target(name: "Fetching", dependencies: ["CFetching", "Media"], swiftSettings: swiftSettings),
    // Headers only: the libraries are opened on first use. Homebrew keeps libarchive's to itself.
    .target(
      name: "CFetching",
      cSettings: [
        .unsafeFlags(
          ["-I/opt/homebrew/opt/libarchive/include", "-I/usr/local/opt/libarchive/include"], .when(platforms: [.macOS]))
      ]),
    .target(name: "OpticalFlow", dependencies: ["COpticalFlow", "RuntimeLibrary", "Imaging"], swiftSettings: swiftSettings),
    .target(name: "COpticalFlow"),
    // Debian's packages come without a pkg-config file; Homebrew's folders are named by OpenCV's version.
    .target(
      name: "COpticalFlowRuntime",
      dependencies: ["COpticalFlow"],
      cxxSettings: [
        .unsafeFlags(["-fno-cxx-modules", "-isystem", "/usr/include/opencv4"], .when(platforms: [.linux])),
        .unsafeFlags(
          ["-fno-cxx-modules"]
            + ["/opt/homebrew", "/usr/local"].flatMap {
              ["-isystem", "\($0)/opt/opencv/include/opencv5", "-isystem", "\($0)/opt/opencv/include/opencv4"]
            },
          .when(platforms: [.macOS])),
      ],
      linkerSettings: [
        .unsafeFlags(["-L/opt/homebrew/opt/opencv/lib", "-L/usr/local/opt/opencv/lib"], .when(platforms: [.macOS])),
        .linkedLibrary("opencv_core"), .linkedLibrary("opencv_imgproc"), .linkedLibrary("opencv_video"),
      ]),
    // Moves strokes from frame to frame, with the vectors that the processor has.
    .target(name: "CStrokes", cSettings: [.unsafeFlags(["-O2"])]),
    // Opens ClipMorph's own dynamic libraries.
    .target(name: "RuntimeLibrary", swiftSettings: swiftSettings),
    // Style networks as passes over a GPU's memory, for painting and for learning.
    .target(name: "TorchPasses", dependencies: ["Torch", "StyleNetworks"], swiftSettings: swiftSettings),
    .target(name: "Torch", dependencies: ["CTorch", "RuntimeLibrary"], swiftSettings: swiftSettings),
    .target(name: "CTorch"),
    .target(
      name: "CTorchRuntime",
      dependencies: ["CTorch"],
      cxxSettings: [
        .unsafeFlags([
          "-fno-cxx-modules", "-isystem", "\(libtorch)/include", "-isystem", "\(libtorch)/include/torch/csrc/api/include",
        ])
      ] + (cudaHeaders.map { [.unsafeFlags(["-isystem", $0]), .define("CLIPMORPH_CUDA")] } ?? []),
      linkerSettings: [
        .unsafeFlags([
          "-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib",
        ]),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
      ]
        + (hasCUDA
          ? [.unsafeFlags(["-Xlinker", "--no-as-needed"]), .linkedLibrary("torch_cuda"), .linkedLibrary("c10_cuda")] : [])),
    .target(name: "Media", dependencies: ["CFFmpeg", "Imaging"], swiftSettings: swiftSettings),
    .systemLibrary(
      name: "CFFmpeg", pkgConfig: "libavformat",
      providers: [
        .apt(["libavformat-dev", "libavcodec-dev", "libavfilter-dev", "libswscale-dev", "libavutil-dev"]),
        .brew(["ffmpeg"]),
      ]),
    .target(name: "Imaging", swiftSettings: swiftSettings),
    .target(name: "StyleNetworks", dependencies: ["BinaryFormats"], swiftSettings: swiftSettings),
    // Checksums and protocol buffers' wire format.
    .target(name: "BinaryFormats", swiftSettings: swiftSettings),
    .target(
      name: "Tracking", dependencies: ["CChildProcess", "BinaryFormats", "Media", "Imaging"], swiftSettings: swiftSettings),
    // Helper programs that end with this one, which Foundation's Process cannot promise.
    .target(name: "CChildProcess"),
    .testTarget(
      name: "StyleNetworksTests", dependencies: ["StyleNetworks"], resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "OpenVINOEngineTests",
      dependencies: ["OpenVINOEngine", "TorchEngine", "Engine", "StyleNetworks", "Imaging"], swiftSettings: swiftSettings),
    .testTarget(
      name: "TorchEngineTests", dependencies: ["TorchEngine", "TorchPasses", "Torch", "Engine", "StyleNetworks", "Imaging"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TrainingTests", dependencies: ["Training", "TorchEngine", "Engine", "Torch", "StyleNetworks", "Imaging", "Media"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StylizationTests", dependencies: ["Stylization", "TorchEngine", "Engine", "Media", "StyleNetworks", "Imaging"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "OpticalFlowTests", dependencies: ["OpticalFlow", "Imaging", "StyleNetworks"], swiftSettings: swiftSettings),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "OpticalFlow", "Imaging", "StyleNetworks"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RunReportsTests", dependencies: ["RunReports", "Reports", "Tracking", "Imaging"], swiftSettings: swiftSettings),
    .testTarget(name: "FetchingTests", dependencies: ["Fetching"], swiftSettings: swiftSettings),
    .testTarget(
      name: "TrackingTests", dependencies: ["Tracking", "BinaryFormats", "Imaging"], swiftSettings: swiftSettings),
    .testTarget(name: "MediaTests", dependencies: ["Media", "Imaging"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)
