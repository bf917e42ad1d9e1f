import Foundation
import Glibc

/// Two machines as network namespaces on one bridge, and an address that one of them has at a time. Needs root.
struct Namespaces: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Where whoever is outside of both is, and the address that moves.
    let outside: String
    let moving: String
    private let bridge: String
    private let names: [String]
    private let folder: URL

    /// Whether this process may make such things.
    static let areThere: Bool = {
        let name = "cc-probe-\(getpid())"
        guard geteuid() == 0, status(["ip", "netns", "add", name]) == 0 else { return false }
        defer { _ = status(["ip", "netns", "del", name]) }
        // Bridges are a module of their own.
        let link = "ccp\(getpid() % 100_000)"
        guard status(["ip", "-n", name, "link", "add", link, "type", "bridge"]) == 0 else { return false }
        return status(["nsenter", "--net=/run/netns/\(name)", "true"]) == 0
    }()

    private static func status(_ command: [String]) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }

    static func make(on stage: Stage) async throws -> Namespaces {
        let id = Int(getpid()) % 100_000
        // Of the addresses that are for benchmarks between networks (RFC 2544).
        let prefix = "198.18.\(id % 250)"
        let network = Namespaces(
            outside: "\(prefix).1",
            moving: "\(prefix).100",
            bridge: "ccb\(id)",
            names: ["cc1-\(id)", "cc2-\(id)"],
            folder: stage.folder
        )
        do {
            try await network.ip("link", "add", network.bridge, "type", "bridge")
            try await network.ip("addr", "add", "\(network.outside)/24", "dev", network.bridge)
            try await network.ip("link", "set", network.bridge, "up")
            for (index, name) in network.names.enumerated() {
                let link = "ccv\(index + 1)-\(id)"
                try await network.ip("netns", "add", name)
                try await network.ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
                try await network.ip("link", "set", link, "master", network.bridge, "up")
                try await network.ip("-n", name, "link", "set", "lo", "up")
                try await network.ip("-n", name, "link", "set", "eth0", "up")
                try await network.ip("-n", name, "addr", "add", "\(prefix).\(index + 11)/24", "dev", "eth0")
            }
            try await network.ip("-n", network.names[0], "addr", "add", "\(network.moving)/24", "dev", "eth0")
            return network
        } catch {
            await network.remove()
            throw error
        }
    }

    /// The namespace of a machine, from 1, as `nsenter --net` takes it.
    func path(_ machine: Int) -> String { "/run/netns/\(names[machine - 1])" }

    /// The address goes from one machine to the other, as keepalived would have it.
    func move(from: Int, to: Int) async throws {
        try await ip("-n", names[from - 1], "addr", "del", "\(moving)/24", "dev", "eth0")
        try await ip("-n", names[to - 1], "addr", "add", "\(moving)/24", "dev", "eth0")
        // What a gratuitous ARP would say to the others.
        try await ip("neigh", "flush", "to", moving)
    }

    func remove() async {
        for name in names { try? await ip("netns", "del", name) }
        try? await ip("link", "del", bridge)
    }

    private func ip(_ arguments: String...) async throws {
        let result = try await ChildProcess.run("ip", "ip", arguments, in: folder)
        guard result.status == 0 else {
            throw Failure(description: "ip \(arguments.joined(separator: " ")): \(result.text)")
        }
    }
}
