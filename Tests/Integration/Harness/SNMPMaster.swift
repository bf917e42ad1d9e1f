import Patience
import Foundation
import Glibc
import Testing

/// A real snmpd, and the programs that ask it.
struct SNMPMaster: Sendable {
    let stage: Stage
    let process: ChildProcess
    let port: UInt16
    /// Where it takes subagents, as `snmp.agentx_socket` has it.
    let agentX: String

    /// - Parameters:
    ///   - trapPort: where notifications go.
    ///   - predecessor: takes the ports of one that has been stopped.
    static func start(trapPort: UInt16? = nil, insteadOf predecessor: SNMPMaster? = nil) async throws -> SNMPMaster {
        let stage = try Stage.here()
        let agentX = agentXSocket(on: stage)
        var attempts = 3
        while true {
            let port = try predecessor?.port ?? Ports.free()
            let sink = trapPort.map { "trap2sink 127.0.0.1:\($0) public\n" } ?? ""
            let configuration = """
                agentAddress udp:127.0.0.1:\(port)
                rocommunity public 127.0.0.1
                master agentx
                agentXSocket \(agentX)
                \(sink)
                """
            let file = stage.path("snmpd.conf")
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
            let process = stage.start(
                "snmpd",
                "env",
                environment(on: stage) + [
                    "snmpd", "-f", "-Lo", "-C", "-c", file, "-I", "-smux,mteTrigger,mteTriggerConf",
                ]
            )
            let master = SNMPMaster(stage: stage, process: process, port: port, agentX: agentX)
            do {
                try await eventually("snmpd on port \(port)") {
                    try process.requireAlive()
                    let path = String(agentX.dropFirst("unix:".count))
                    return (Ports.isBound(udp: port) && FileManager.default.fileExists(atPath: path))
                }
                return master
            } catch ChildProcess.Failure.died where attempts > 1 {
                attempts -= 1
            }
        }
    }

    static func agentXSocket(on stage: Stage) -> String { "unix:" + stage.path("agentx") }

    /// For every program of net-snmp: no folder of the machine is written, no MIB read that was not asked for.
    fileprivate static func environment(on stage: Stage) -> [String] {
        let folder = stage.folder.appendingPathComponent("net-snmp")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return ["SNMP_PERSISTENT_DIR=\(folder.path)", "MIBS=", "SNMPCONFPATH=\(folder.path)"]
    }

    /// Options that make a program of net-snmp know CALLCENTERD-MIB.
    fileprivate static let names: [String] = {
        let mibs = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../../../mibs").standardized.path
        return ["-M", "\(mibs):\(mibs)/stubs:/usr/share/snmp/mibs", "-m", "CALLCENTERD-MIB:SNMPv2-MIB"]
    }()

    /// Runs `snmpwalk`, `snmptable` and the like.
    ///
    /// - Parameters:
    ///   - options: besides those that say where to ask and which MIB to know.
    ///   - objects: what to ask for.
    func ask(
        _ program: String,
        _ options: [String] = [],
        _ objects: String...,
        within: Duration = .seconds(60)
    ) async throws -> ChildProcess.Result {
        let arguments =
            Self.environment(on: stage) + [program] + Self.names
            + ["-v2c", "-c", "public", "-t", "10", "-r", "2"] + options + ["127.0.0.1:\(port)"] + objects
        return try await ChildProcess.run(program, "env", arguments, in: stage.folder, within: within)
    }

    /// Name and value of everything below an object, in the order of SNMP: `ccfId.'sales'`, without quotes around values;
    /// numbers without words.
    func walk(_ object: String, _ options: [String] = []) async throws -> [(name: String, value: String)] {
        let result = try await ask("snmpbulkwalk", ["-OQseUt"] + options, object)
        #expect(result.status == 0, "\(result.text.suffix(500))")
        return result.text.split(separator: "\n").compactMap { line in
            guard let middle = line.firstRange(of: " = ") else { return nil }
            let value = line[middle.upperBound...].trimmingCharacters(in: ["\""])
            return (String(line[..<middle.lowerBound]), value)
        }
    }

    /// The value of one instance.
    func value(_ instance: String) async throws -> String {
        let result = try await ask("snmpget", ["-OvqeUt"], instance)
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines.union(["\""]))
    }

    /// Waits until the daemon is a subagent of this one.
    func hasSubagent(within: Duration = .seconds(60)) async throws {
        try await eventually("a subagent", within: within, every: .milliseconds(100)) {
            try await value("ccgSnmpConnected.0") == "1" ? () : nil
        }
    }
}

/// A real snmptrapd.
struct TrapReceiver: Sendable {
    let process: ChildProcess
    let port: UInt16

    static func start() async throws -> TrapReceiver {
        let stage = try Stage.here()
        let file = stage.path("snmptrapd.conf")
        try Data("disableAuthorization yes\n".utf8).write(to: URL(fileURLWithPath: file))
        let port = try Ports.free()
        let arguments =
            SNMPMaster.environment(on: stage) + ["snmptrapd"] + SNMPMaster.names
            + ["-f", "-Lo", "-n", "-C", "-c", file, "-OQseU", "127.0.0.1:\(port)"]
        let process = stage.start("snmptrapd", "env", arguments)
        try await eventually("snmptrapd on port \(port)") {
            try process.requireAlive()
            return Ports.isBound(udp: port)
        }
        return TrapReceiver(process: process, port: port)
    }

    /// What has come of ours, in order: the name of each notification and everything that came along.
    var received: [(name: String, objects: [String])] {
        process.text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count > 2, parts[1].hasPrefix("snmpTrapOID.0 = cc") else { return nil }
            return (String(parts[1].dropFirst("snmpTrapOID.0 = ".count)), Array(parts.dropFirst(2)))
        }
    }

    /// Waits until these have come, and nothing else of ours.
    func receives(_ names: [String], within: Duration = .seconds(60)) async throws {
        try await eventually("notifications \(names); so far \(received.map(\.name))", within: within) {
            received.count >= names.count ? () : nil
        }
        #expect(received.map(\.name) == names)
    }
}
