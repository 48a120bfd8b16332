// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "sigstreamd",
  products: [
    .executable(name: "sigstreamd", targets: ["sigstreamd"])
  ],
  traits: [
    .trait(name: "MPI", description: "Training in several processes under Open MPI: docs/scaling.md."),
    .trait(name: "Sndfile", description: "WAV and FLAC recordings, by libsndfile: docs/formats.md."),
    .trait(name: "Matio", description: "MATLAB 5 recordings, by libmatio: docs/formats.md."),
    .trait(name: "HDF5", description: "HDF5 and MATLAB 7.3 recordings: docs/formats.md."),
    .trait(name: "Zstd", description: "BLOW5 recordings compressed by zstd: docs/formats.md."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries: Debian's libzmq3-dev (which brings libsodium-dev), libopenblas-dev, zlib1g-dev;
    // GRDB, below, brings one for libsqlite3-dev.
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    // Of the trait MPI only.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),

    // Of the traits of the formats only.
    .systemLibrary(name: "CSndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(name: "CMatio", providers: [.apt(["libmatio-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),

    // Vectorised kernels that the Swift compiler does badly: see Sources/CKernels/include/CKernels.h.
    .target(
      name: "CKernels",
      // Unoptimised vector code is a hundred times slower; tests run debug builds.
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),

    .target(
      name: "StreamIO",
      dependencies: [
        "CZeroMQ", "CZlib",
        .target(name: "CSndfile", condition: .when(traits: ["Sndfile"])),
        .target(name: "CMatio", condition: .when(traits: ["Matio"])),
        .target(name: "CHDF5", condition: .when(traits: ["HDF5"])),
        .target(name: "CZstd", condition: .when(traits: ["Zstd"])),
      ], swiftSettings: swiftSettings),
    .target(name: "Windowing", swiftSettings: swiftSettings),
    .target(
      name: "Classifier", dependencies: ["CKernels", "COpenBLAS", "CSodium"], swiftSettings: swiftSettings),
    .target(
      name: "ModelExport", dependencies: ["Classifier", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["Protobuf/onnx.proto"], swiftSettings: swiftSettings),
    .target(
      name: "StatusHTTP",
      dependencies: [
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: swiftSettings),
    .executableTarget(
      name: "sigstreamd",
      dependencies: [
        "StreamIO", "Windowing", "Classifier", "ModelExport", "StatusHTTP",
        .target(name: "CMPI", condition: .when(traits: ["MPI"])),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      exclude: ["TensorBoard/event.proto"], swiftSettings: swiftSettings
    ),

    .testTarget(
      name: "StreamIOTests", dependencies: ["StreamIO", "CZeroMQ"], resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .testTarget(name: "WindowingTests", dependencies: ["Windowing"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ClassifierTests", dependencies: ["Classifier", "CKernels", "CAllocationCounter"],
      resources: [.copy("Goldens")],
      swiftSettings: swiftSettings),
    // Stands in for malloc in the tests that count allocations.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "sigstreamdTests",
      dependencies: ["sigstreamd", "StatusHTTP", "StreamIO", "Windowing", "Classifier", "CAllocationCounter"],
      exclude: ["accuracy", "convert", "onnx", "pyzmq", "scipy", "tensorboard", "requirements.txt"],
      swiftSettings: swiftSettings),
  ]
)

// The fuzzers of tools/fuzz, which ordinary builds don't see: what they reach counts its edges and, where the variable names
// `address` too, checks its memory.
// Of the program they reach a part, as a library, without what takes long to build.
if let sanitizerNames = Context.environment["SIGSTREAMD_FUZZ"] {
  let sanitizers = ["-sanitize=\(sanitizerNames)"]
  let fuzzing = "Tests/Fuzzing"
  let program = [
    "Conditioning", "Configuration", "Security", "CommandFailure.swift", "CatchUp/CatchUpRequest.swift",
    "Classification/OutlierTest.swift",
    "Dataset/Augmentation+File.swift", "Dataset/DatasetFile.swift", "Dataset/DatasetSplit.swift",
    "Dataset/LabelSource.swift", "Dataset/RecordingBlocks.swift", "Dataset/WindowCutter.swift",
    "Dataset/WindowLabelling.swift", "Label", "Log/LogConfiguration.swift", "Pipeline/LogLimiter.swift",
    "Pipeline/Monitor.swift", "Pipeline/OverloadPolicy.swift", "Pipeline/PipelineClock.swift",
    "Pipeline/PipelineThread.swift", "Pipeline/SystemThread.swift", "Record/RecordConfiguration.swift",
    "Replay/MonotonicClock.swift", "Terminal", "Training/TrainingData.swift", "Training/WindowIndex.swift",
    "Training/WindowSources.swift", "Watch",
  ]
  package.products = []
  package.targets.removeAll { $0.isTest || ["sigstreamd", "StatusHTTP", "ModelExport"].contains($0.name) }
  package.targets += [
    .target(
      name: "sigstreamd",
      dependencies: [
        "StreamIO", "Windowing", "Classifier", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"), .product(name: "Yams", package: "Yams"),
      ], path: ".", sources: program.map { "Sources/sigstreamd/\($0)" } + ["\(fuzzing)/Sigstreamd.swift"],
      swiftSettings: swiftSettings),
    .systemLibrary(name: "CLibFuzzer", path: "\(fuzzing)/CLibFuzzer"),
    .target(
      name: "FuzzDriver", dependencies: ["CLibFuzzer"], path: "\(fuzzing)/Driver", swiftSettings: swiftSettings),
  ]
  for target in package.targets where ["StreamIO", "Classifier", "sigstreamd"].contains(target.name) {
    target.swiftSettings?.append(.unsafeFlags(sanitizers))
  }
  for (name, folder, tested) in [
    ("fuzz-readers", "Readers", ["StreamIO", "Classifier"]),
    ("fuzz-program", "Program", ["StreamIO", "sigstreamd"]),
  ] {
    package.targets.append(
      .executableTarget(
        name: name, dependencies: ["FuzzDriver"] + tested.map { .init(stringLiteral: $0) },
        path: "\(fuzzing)/\(folder)", swiftSettings: swiftSettings,
        linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]))
  }
}
