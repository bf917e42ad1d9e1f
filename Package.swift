// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    // Not in release builds: there the compiler takes the members of `struct stat` and the like for a part of NIO's own C
    // module, which nobody can import. Debug builds hold the rule.
    .enableUpcomingFeature("MemberImportVisibility", .when(configuration: .debug)),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let tls = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let posix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let ssl = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "callcenterd",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Pure: no I/O, no clock, no Foundation. Tests/House holds this.
        .target(name: "SIP", swiftSettings: settings),
        .target(name: "CallCenter", swiftSettings: settings),
        .target(name: "Exchange", dependencies: ["SIP", "CallCenter"], swiftSettings: settings),
        .target(name: "Telemetry", dependencies: ["CallCenter"], swiftSettings: settings),

        // Shells: the world outside. They import pure targets, never each other.
        // jemalloc, which takes the place of libc's malloc in whatever is linked with it.
        .target(name: "CMemory", linkerSettings: [.linkedLibrary("jemalloc")]),
        // sendmmsg(2), which Swift's Glibc module does not show.
        .target(name: "CSocket"),
        // c-ares, with what Swift cannot say of it.
        .target(name: "CAres", linkerSettings: [.linkedLibrary("cares")]),
        .target(
            name: "Transport",
            dependencies: ["CAres", "CSocket", "SIP", nio, posix, ssl, tls],
            swiftSettings: settings
        ),
        // The .sql files of Schema/, by #embed.
        .target(name: "CSchema"),
        // libpq.
        .systemLibrary(name: "CPostgres"),
        .target(
            name: "Store",
            dependencies: [
                "CSchema", "CPostgres", "SIP", "CallCenter", .product(name: "GRDB", package: "GRDB.swift"), deque, log,
            ],
            swiftSettings: settings
        ),
        // stat(2): which Swift module has its struct depends on what else is imported.
        .target(name: "CFiles"),
        // The wallboard: the files of its folder page, by #embed.
        .target(name: "CWeb", exclude: ["page"]),
        // gzip, whose entry points of zlib are macros.
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "Management",
            dependencies: [
                "CFiles", "CWeb", "CZlib", "CallCenter", "Telemetry", hummingbird, hummingbirdCore, hummingbirdTLS,
                httpTypes,
                lifecycle,
                nio, posix, ssl, log,
            ],
            swiftSettings: settings
        ),
        // libnetsnmp as a few plain functions. Not netsnmp-agent.pc: that drags in libnetsnmpmibs.
        .target(name: "CNetSNMP", linkerSettings: [.linkedLibrary("netsnmpagent"), .linkedLibrary("netsnmp")]),
        .target(name: "SNMPAgent", dependencies: ["CNetSNMP", "Telemetry", log], swiftSettings: settings),
        // The shipped configuration file, by #embed.
        .target(name: "CDefaults"),
        .target(
            name: "Settings",
            dependencies: ["CDefaults", "SIP", "Exchange", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),

        // libsystemd: sd_notify and the journal.
        .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
        .target(name: "Systemd", dependencies: ["CSystemd", log], swiftSettings: settings),

        // Executables: wiring.
        .executableTarget(
            name: "callcenterd",
            dependencies: [
                "CMemory", "SIP", "CallCenter", "Exchange", "Telemetry", "Transport", "Store", "Management",
                "SNMPAgent", "Settings", "Systemd", nio, posix, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), log,
                crypto, arguments,
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "ccctl", dependencies: ["Settings", "Store", arguments], swiftSettings: settings),
        .executableTarget(
            name: "cc-announcer",
            dependencies: ["SIP", "Transport", "Systemd", nio, posix, log, arguments],
            swiftSettings: settings
        ),

        // Tests of the whole: the rules of the house, and the built programs with real SIP peers.
        .testTarget(name: "HouseTests", path: "Tests/House", swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["Telemetry", "CallCenter", "PostgresFixture", "CertificateFixture", "Patience"],
            path: "Tests/Integration",
            resources: [.copy("Scenarios")],
            swiftSettings: settings
        ),

        // A PostgreSQL server of the tests' own.
        .target(name: "PostgresFixture", path: "Tests/PostgresFixture", swiftSettings: settings),

        // Waiting for what has a clock of its own.
        .target(name: "Patience", path: "Tests/Patience", swiftSettings: settings),

        // Certificates of the tests' own.
        .target(name: "CertificateFixture", path: "Tests/CertificateFixture", swiftSettings: settings),

        // Tests of the targets, a folder each.
        .testTarget(name: "SIPTests", dependencies: ["SIP", crypto], path: "Tests/SIP", swiftSettings: settings),
        .testTarget(
            name: "CallCenterTests",
            dependencies: ["CallCenter"],
            path: "Tests/CallCenter",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExchangeTests",
            dependencies: [crypto, "Exchange", "SIP", "CallCenter"],
            path: "Tests/Exchange",
            swiftSettings: settings
        ),
        // The core in a world of its own: its tests, and a program that runs as much of it as wanted.
        .target(
            name: "Simulation",
            dependencies: ["Exchange", "SIP", "CallCenter"],
            path: "Tests/Simulation/Simulation",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation", "SIP"],
            path: "Tests/Simulation/simulate",
            swiftSettings: settings
        ),
        // What an event costs the distribution: part of packaging/bench.
        .executableTarget(
            name: "distribution-bench",
            dependencies: ["CallCenter"],
            path: "Tests/Load/Distribution",
            swiftSettings: settings
        ),
        // What a full call costs the core, by agents and calls that wait: part of packaging/bench.
        .executableTarget(
            name: "call-bench",
            dependencies: ["CMemory", "Exchange", "SIP", "CallCenter", "Store"],
            path: "Tests/Load/FullCalls",
            swiftSettings: settings
        ),
        // What a message costs to read and to write: part of packaging/bench.
        .executableTarget(
            name: "message-bench",
            dependencies: ["SIP"],
            path: "Tests/Load/Messages",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "Exchange", "SIP", "CallCenter"],
            path: "Tests/Simulation/Tests",
            swiftSettings: settings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "CallCenter"],
            path: "Tests/Telemetry",
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: ["Transport", "SIP", "CertificateFixture", "Patience", nio, posix],
            path: "Tests/Transport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ManagementTests",
            dependencies: [
                "Management", "Telemetry", "CallCenter", "Patience", "ccctl", hummingbird, lifecycle, nio, posix, log,
            ],
            path: "Tests/Management",
            swiftSettings: settings
        ),
        .testTarget(
            name: "CCCtlTests",
            dependencies: ["ccctl", "Store", arguments],
            path: "Tests/ccctl",
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnnouncerTests",
            dependencies: ["cc-announcer", "SIP", "Transport", arguments, nio, posix],
            path: "Tests/Announcer",
            exclude: ["Scenarios"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Store", "CallCenter", "PostgresFixture", "CertificateFixture", "Patience",
                .product(name: "GRDB", package: "GRDB.swift"), log,
            ],
            path: "Tests/Store",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SNMPAgentTests",
            dependencies: ["SNMPAgent", "CNetSNMP", "Telemetry"],
            path: "Tests/SNMPAgent",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SystemdTests",
            dependencies: ["Systemd", log],
            path: "Tests/Systemd",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", "SIP", "Exchange"],
            path: "Tests/Settings",
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)
