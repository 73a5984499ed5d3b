// swift-tools-version: 6.2
import PackageDescription

// Benchmarks of single functions, apart from the program: nothing of this is fetched or built for it or for ./test.
//
//   swift package --package-path Benchmarks --allow-writing-to-package-directory benchmark
let package = Package(
  name: "clipmorph-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "clipmorph", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "HotPaths",
      dependencies: [
        .product(name: "Stylization", package: "clipmorph"),
        .product(name: "OpenVINOEngine", package: "clipmorph"),
        .product(name: "StyleNetworks", package: "clipmorph"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/HotPaths",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ])
