import Testing

/// The rules of the house (DESIGN.md section 1): who may import whom, and what no source file contains.
@Suite("The rules of the house")
struct HouseTests {
    /// What a target may import of our own.
    enum Layer {
        /// No I/O, no clock, no Foundation: only these targets, and the packages of `pureModules`.
        case pure([String])
        /// The world outside: pure targets and C shims.
        case shell
        /// Module maps and thin C; nothing of ours.
        case shim
        /// Wiring: everything.
        case executable
    }

    static let layers: [String: Layer] = [
        "SIP": .pure([]),
        "CallCenter": .pure([]),
        "Exchange": .pure(["SIP", "CallCenter"]),
        "Telemetry": .pure(["CallCenter"]),
        "Transport": .shell,
        "Store": .shell,
        "Management": .shell,
        "SNMPAgent": .shell,
        "Systemd": .shell,
        "Settings": .shell,
        "callcenterd": .executable,
        "ccctl": .executable,
        "cc-announcer": .executable,
        // Of Tests/Simulation.
        "Simulation": .pure(["SIP", "CallCenter", "Exchange"]),
        "simulate": .executable,
        // Of Tests/Load.
        "call-bench": .executable,
        "distribution-bench": .executable,
        "message-bench": .executable,
    ]

    /// swift-collections and, for digest, swift-crypto.
    static let pureModules: Set<String> = [
        "BasicContainers", "BitCollections", "Collections", "Crypto", "DequeModule", "HashTreeCollections",
        "HeapModule",
        "OrderedCollections",
    ]

    /// Constants of Package.swift that stand for products pure targets may use.
    static let pureProducts: Set<String> = pureModules.union(["collections", "deque", "heap", "crypto"])

    static func layer(of target: String) -> Layer? {
        if let layer = layers[target] { return layer }
        // CNetSNMP, CPostgres and the like.
        let isShim = target.hasPrefix("C") && target.dropFirst().first?.isUppercase == true
        return isShim ? .shim : nil
    }

    static func mayUse(_ user: String, _ used: String) -> Bool {
        guard let layer = layer(of: user), let other = Self.layer(of: used) else { return false }
        switch (layer, other) {
        case (.pure(let allowed), _): return allowed.contains(used)
        case (.shell, .pure), (.shell, .shim): return true
        case (.shell, _), (.shim, _): return false
        case (.executable, .executable): return false
        case (.executable, _): return true
        }
    }

    @Test("every folder of Sources is a target whose layer is known")
    func everyFolderHasALayer() throws {
        let folders = try Checkout.folders(below: "Sources")
        #expect(folders.contains("SIP"), "this is the source tree")
        for folder in folders { #expect(Self.layer(of: folder) != nil, "\(folder) has no layer here") }
    }

    @Test("Package.swift keeps the direction: executables, shells, pure targets; shells do not know each other")
    func dependencies() throws {
        let manifest = Manifest(try Checkout.read("Package.swift"))
        let targets = manifest.targets.filter { !$0.isTest }
        #expect(targets.contains { $0.name == "Exchange" && Set($0.targets) == ["SIP", "CallCenter"] }, "it was read")
        for target in targets {
            for used in target.targets {
                #expect(Self.mayUse(target.name, used), "\(target.name) may not depend on \(used)")
            }
            if case .pure = Self.layer(of: target.name) {
                let strangers = Set(target.products).subtracting(Self.pureProducts)
                #expect(strangers.isEmpty, "\(target.name) is pure and may not depend on \(strangers.sorted())")
            }
        }
    }

    @Test("imports keep the direction, and pure targets import no Foundation, no NIO, no logging")
    func imports() throws {
        var seen = 0
        for folder in try Checkout.folders(below: "Sources") {
            for source in try Checkout.sources(below: "Sources/\(folder)") {
                for module in source.imports where module != folder {
                    seen += 1
                    if Self.layer(of: module) != nil {
                        #expect(Self.mayUse(folder, module), "\(source.path) may not import \(module)")
                    } else if case .pure = Self.layer(of: folder) {
                        #expect(
                            Self.pureModules.contains(module),
                            "\(source.path) is pure and may not import \(module)"
                        )
                    }
                }
            }
        }
        #expect(seen > 20, "imports were read")
    }

    @Test("no source stops the program on purpose")
    func traps() throws {
        for source in try Checkout.sources(below: "Sources") {
            for line in source.code {
                for trap in ["try!", "fatalError(", "preconditionFailure("] {
                    #expect(!line.text.contains(trap), "\(source.path):\(line.number): \(trap)")
                }
            }
        }
    }

    @Test("whatever the compiler is told not to check has its reason beside it")
    func unchecked() throws {
        for source in try Checkout.sources(below: "Sources") {
            for line in source.code where !line.isExplained {
                for promise in ["@unchecked Sendable", "nonisolated(unsafe)"] {
                    #expect(!line.text.contains(promise), "\(source.path):\(line.number): why \(promise)?")
                }
            }
        }
    }

    @Test("no file has more than 500 lines")
    func lengths() throws {
        for source in try Checkout.sources(below: "Sources") {
            #expect(source.lines.count <= 500, "\(source.path): \(source.lines.count) lines")
        }
    }
}

@Suite("How the rules are read")
struct HouseReadingTests {
    @Test(
        "an import is found whatever stands before it",
        arguments: [
            ("import SIP", "SIP"), ("package import CallCenter", "CallCenter"), ("@testable import Store", "Store"),
            ("internal import struct Foundation.Data", "Foundation"),
            ("  @preconcurrency public import NIOCore", "NIOCore"),
        ]
    )
    func imports(line: String, module: String) {
        #expect(Checkout.Source(path: "", lines: [line[...]]).imports == [module])
    }

    @Test("words that only look like one are none", arguments: ["// import SIP", "important(x)", "let import_ = 1"])
    func notImports(line: String) {
        #expect(Checkout.Source(path: "", lines: [line[...]]).imports.isEmpty)
    }

    @Test("the manifest's targets, products and constants are told apart")
    func manifest() {
        let text = """
            .target(name: "A", swiftSettings: settings),
            .executableTarget(
                name: "b",
                dependencies: ["A", nio, .product(name: "GRDB", package: "GRDB.swift")], // "C"
                swiftSettings: settings
            ),
            .testTarget(name: "T", dependencies: ["A"]),
            """
        let targets = Manifest(text).targets
        #expect(targets.map(\.name) == ["A", "b", "T"])
        #expect(targets.map(\.targets) == [[], ["A"], ["A"]])
        #expect(targets[1].products == ["GRDB", "nio"])
        #expect(targets.map(\.isTest) == [false, false, true])
    }
}
