// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in everything that is ours; Swift 6 language mode brings strict concurrency.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

/// libFuzzer's program is there only where its runtime is linked: `make fuzz` asks for it.
let fuzzProgram: [Target] =
  Context.environment["HOLOSNAP_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzSupport", "HoloFormat"], path: "Tests/Fuzz", swiftSettings: strict)
  ]

let package = Package(
  name: "HoloSnap",
  products: [
    .executable(name: "holosnap", targets: ["holosnap"]),
    // scripts/build-library makes libholosnap of it.
    .library(name: "HoloSnapC", type: .static, targets: ["HoloSnapC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // The kernels: OpenCL C embedded with #embed, and the same arithmetic for the host.
    .target(name: "CWaveKernels", path: "Kernels"),
    .systemLibrary(name: "COpenCL", pkgConfig: "OpenCL", providers: [.apt(["ocl-icd-opencl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // System calls, page-aligned memory, threads. Knows nothing of snapshots.
    .target(name: "HoloSystem", dependencies: ["CLinux", "CWaveKernels"], swiftSettings: strict),
    // The shared words: element types, chunk geometry, codings, digests.
    .target(name: "HoloModel", dependencies: ["CWaveKernels"], swiftSettings: strict),
    .target(
      name: "HoloCompute", dependencies: ["HoloModel", "HoloSystem", "CWaveKernels", "COpenCL"], swiftSettings: strict),
    .target(name: "HoloFormat", dependencies: ["HoloModel", "HoloSystem", "CLZ4"], swiftSettings: strict),
    .target(name: "HoloStore", dependencies: ["HoloFormat", "HoloModel", "HoloSystem"], swiftSettings: strict),
    .target(
      name: "HoloEngine",
      dependencies: ["HoloCompute", "HoloFormat", "HoloStore", "HoloModel", "HoloSystem", "CWaveKernels", "CZlib"],
      swiftSettings: strict),
    // What commands and the C interface tell in JSON.
    .target(
      name: "HoloReports", dependencies: ["HoloEngine", "HoloFormat", "HoloModel", "HoloSystem"], swiftSettings: strict),
    // The C interface: the header that programs include, and what is behind it.
    .systemLibrary(name: "CHoloSnap"),
    .target(
      name: "HoloSnapC",
      dependencies: [
        "CHoloSnap", "CWaveKernels", "HoloEngine", "HoloCompute", "HoloFormat", "HoloModel", "HoloReports", "HoloStore",
        "HoloSystem",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "holosnap",
      dependencies: [
        "HoloReports", "HoloEngine", "HoloCompute", "HoloFormat", "HoloModel", "HoloStore", "HoloSystem",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Directories of a test's own, and system calls that fail on demand.
    .target(
      name: "TestSupport", dependencies: ["HoloModel", "HoloSystem"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "HoloSystemTests", dependencies: ["HoloSystem", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HoloModelTests", dependencies: ["HoloModel", "CWaveKernels", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HoloComputeTests", dependencies: ["HoloCompute", "HoloModel", "CWaveKernels", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "HoloFormatTests", dependencies: ["HoloFormat", "HoloModel", "HoloSystem", "CWaveKernels", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "HoloStoreTests", dependencies: ["HoloStore", "HoloFormat", "HoloModel", "HoloSystem", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "HoloEngineTests",
      dependencies: [
        "HoloEngine", "HoloCompute", "HoloFormat", "HoloModel", "HoloStore", "HoloSystem", "CZlib", "TestSupport",
        "FuzzSupport",
      ],
      swiftSettings: strict),
    // Programs in C and C++ against libholosnap, which is made of the objects of HoloSnapC.
    .testTarget(
      name: "EmbeddingTests", dependencies: ["HoloSnapC", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["HoloEngine", "HoloSystem", "TestSupport"], swiftSettings: strict),

    // Parsers and bytes that no writer wrote: what is checked of them, and how files are bent.
    .target(name: "CAllocationMeter", path: "Tests/CAllocationMeter"),
    .target(
      name: "FuzzSupport",
      dependencies: [
        "HoloEngine", "HoloCompute", "HoloFormat", "HoloModel", "HoloSystem", "TestSupport", "CAllocationMeter",
      ], path: "Tests/FuzzSupport", swiftSettings: strict),
    // Containers that earlier versions wrote.
    .testTarget(
      name: "FixtureTests", dependencies: ["HoloEngine", "HoloCompute", "HoloFormat", "HoloModel", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzSupport", "HoloFormat", "TestSupport"], swiftSettings: strict),
  ] + fuzzProgram,
  cLanguageStandard: .gnu2x
)
