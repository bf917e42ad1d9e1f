import Patience
import Foundation
import Glibc
import Testing

/// A running sipp with one of the scenarios of this folder.
struct Sipp: Sendable {
    /// Who waits for calls, and what he does with them.
    enum Callee: Sendable {
        /// Rings, answers, and hangs up himself after `talk` milliseconds (nil: never).
        case answers(ring: Int = 100, talk: Int? = nil)
        /// Never answers.
        case silent
        /// Rings, then refuses with a status line such as `486 Busy Here`.
        case refuses(String, ring: Int = 50)
        /// Answers at once, and hands the caller on by REFER to this URI.
        case refers(to: String)
    }

    /// What a caller does.
    struct Caller: Sendable {
        enum End: Sendable {
            /// BYE this long after he hears the party with this audio port.
            case hangUp(on: UInt16, after: Int)
            /// Waits for the other side to hang up.
            case stay
            /// CANCEL this long after the last provisional response.
            case cancel(after: Int)
            /// Puts the agent on hold and takes him back while talking, then hangs up.
            case hold
        }

        var end: End
        /// Whether the INVITE carries SDP.
        var offers = true
        /// Milliseconds without any event after which he gives up, which fails the call.
        var patience = 30_000
    }

    /// How his messages travel.
    enum Transport: String, Sendable {
        case udp
        /// One connection for all calls of a sipp.
        case tcp

        /// Of a URI.
        var parameter: String { self == .udp ? "" : ";transport=\(rawValue)" }
        var option: String { self == .udp ? "u1" : "t1" }
    }

    /// What sipp counted, from its statistics file.
    struct Statistics: Sendable {
        let created: Int
        let successful: Int
        let failed: Int
        let retransmissions: Int
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    let process: ChildProcess
    let port: UInt16
    /// In the SDP of this sipp, by which others know whom they hear.
    let audioPort: UInt16
    private let stage: Stage

    private var statisticsFile: URL { stage.folder.appendingPathComponent("\(name).csv") }
    private var messageFile: URL { stage.folder.appendingPathComponent("\(name).messages") }

    /// Starts someone who waits for calls.
    ///
    /// - Parameters:
    ///   - port: where he waits; nil: any that is free.
    ///   - contact: port of his Contact, if a relay stands before him.
    ///   - linger: milliseconds for which the end of a call still answers repeated requests.
    ///   - isPersistent: sends again as often as RFC 3261 asks for, and oftener; sipp gives up earlier if left to itself.
    static func callee(
        _ name: String,
        _ behaviour: Callee,
        on port: UInt16? = nil,
        contact: UInt16? = nil,
        linger: Int = 4_000,
        transport: Transport = .udp,
        host: String = "127.0.0.1",
        isPersistent: Bool = false,
        logsMessages: Bool = true
    ) async throws -> Sipp {
        let never = 3_600_000
        let scenario: String
        var values: [String: String] = [:]
        switch behaviour {
        case .answers(let ring, let talk):
            scenario = "callee"
            values = ["ring": "\(ring)", "talk": "\(talk ?? never)"]
        case .silent:
            scenario = "callee"
            values = ["ring": "\(never)", "talk": "\(never)"]
        case .refuses(let status, let ring):
            scenario = "refuse"
            values = ["ring": "\(ring)", "status": status]
        case .refers(let target):
            scenario = "refer"
            values = ["target": target]
        }
        let audioPort = try Ports.free()
        values["linger"] = "\(linger)"
        values["port"] = "\(audioPort)"
        let stage = try Stage.here()
        var attempts = port == nil ? 3 : 1
        while true {
            let port = try port ?? Ports.free()
            values["contact"] = "\(contact ?? port)"
            let file = try render(scenario, values, as: name, host, on: stage)
            let options = ["-t", transport.option] + (isPersistent ? persistence : [])
            let sipp = try launch(name, file, port, audioPort, options, logsMessages, host, on: stage)
            do {
                try await eventually("sipp \(name) on port \(port)") {
                    try sipp.process.requireAlive()
                    return (transport == .udp ? Ports.isBound(udp: port) : Ports.isBound(tcp: port))
                }
                return sipp
            } catch ChildProcess.Failure.died where attempts > 1 {
                attempts -= 1
            }
        }
    }

    /// Starts callers. Caller number n has the user part `<name><n>`, from 1, and the display name `Caller <name><n>`.
    ///
    /// - Parameters:
    ///   - flows: the flow that each of them calls, in order.
    ///   - port: where they call; the daemon, or a relay before it.
    ///   - address: of that port; nil: the one that they have themselves.
    ///   - rate: calls a second.
    ///   - atOnce: how many may be up at the same time.
    ///   - isPersistent: as of `callee`.
    static func callers(
        _ name: String,
        _ caller: Caller,
        flows: [String],
        to port: UInt16,
        at address: String? = nil,
        rate: Int = 10,
        atOnce: Int = 1_000,
        contact: UInt16? = nil,
        linger: Int = 1_000,
        audioPort: UInt16? = nil,
        transport: Transport = .udp,
        host: String = "127.0.0.1",
        isPersistent: Bool = false,
        logsMessages: Bool = true
    ) throws -> Sipp {
        let stage = try Stage.here()
        let ownPort = try Ports.free()
        let audioPort = try audioPort ?? Ports.free()
        var values = [
            "port": "\(audioPort)", "contact": "\(contact ?? ownPort)", "linger": "\(linger)",
            "patience": "\(caller.patience)", "offer": caller.offers ? "yes" : "no",
            "hang_up_on": "0", "hang_up_after": "0",
        ]
        let scenario: String
        switch caller.end {
        case .hangUp(let on, let after):
            scenario = "caller"
            values["hang_up_on"] = "\(on)"
            values["hang_up_after"] = "\(after)"
        case .stay:
            scenario = "caller"
        case .cancel(let after):
            scenario = "canceller"
            values["cancel_after"] = "\(after)"
        case .hold:
            scenario = "holder"
        }
        let file = try render(scenario, values, as: name, host, on: stage)
        let rows = flows.enumerated().map { "\(name)\($0.offset + 1);Caller \(name)\($0.offset + 1);\($0.element)" }
        let injection = stage.path("\(name).callers")
        try Data((["SEQUENTIAL"] + rows).joined(separator: "\n").appending("\n").utf8)
            .write(to: URL(fileURLWithPath: injection))
        var options = [
            "\(address ?? host):\(port)", "-t", transport.option, "-inf", injection, "-m", "\(flows.count)", "-r",
            "\(rate)",
            "-l", "\(atOnce)",
        ]
        if isPersistent { options += persistence }
        return try launch(name, file, ownPort, audioPort, options, logsMessages, host, on: stage)
    }

    /// A copy that comes long after its transaction, and what answers it, are nothing to give a call up for.
    private static let persistence = [
        "-max_invite_retrans", "12", "-max_non_invite_retrans", "16", "-default_behaviors", "all,-abortunexp",
    ]

    /// Copies a scenario with its parameters filled in.
    private static func render(
        _ scenario: String,
        _ values: [String: String],
        as name: String,
        _ host: String,
        on stage: Stage
    ) throws -> String {
        guard let folder = Bundle.module.resourceURL?.appendingPathComponent("Scenarios") else {
            throw Failure(description: "the test bundle has no scenarios")
        }
        var text = try String(
            decoding: Data(contentsOf: folder.appendingPathComponent("\(scenario).xml")),
            as: UTF8.self
        )
        // Where SDP has no brackets around an address.
        if host.hasPrefix("[") { text = text.replacing("IN IP4 [local_ip]", with: "IN IP6 [media_ip]") }
        for (key, value) in values { text = text.replacing("{{\(key)}}", with: value) }
        if let open = text.firstRange(of: "{{") {
            throw Failure(
                description: "\(scenario).xml has a parameter without value: \(text[open.lowerBound...].prefix(30))"
            )
        }
        let file = stage.path("\(name).xml")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    private static func launch(
        _ name: String,
        _ scenario: String,
        _ port: UInt16,
        _ audioPort: UInt16,
        _ options: [String],
        _ logsMessages: Bool,
        _ host: String,
        on stage: Stage
    ) throws -> Sipp {
        var arguments =
            options + [
                "-sf", scenario, "-i", host, "-p", "\(port)", "-nostdin", "-aa",
                "-mp", "\(try Ports.freeForMedia())",
                "-trace_err", "-error_file", stage.path("\(name).errors"),
                "-trace_stat", "-stf", stage.path("\(name).csv"), "-fd", "1",
            ]
        if logsMessages { arguments += ["-trace_msg", "-message_file", stage.path("\(name).messages")] }
        let process = stage.start(name, "sipp", arguments)
        stage.quote(URL(fileURLWithPath: stage.path("\(name).errors")))
        return Sipp(name: name, process: process, port: port, audioPort: audioPort, stage: stage)
    }
}

// MARK: - What came of it

extension Sipp {
    /// Waits until every call of these callers is over, and expects that all went as the scenario says.
    @discardableResult
    func finish(
        within: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Statistics {
        let status = try await process.ended(within: within)
        let statistics = try statistics()
        #expect(status == 0, "sipp \(name): \(statistics)", sourceLocation: sourceLocation)
        #expect(statistics.failed == 0, "sipp \(name)", sourceLocation: sourceLocation)
        return statistics
    }

    /// Ends someone who waits for calls, and expects that none of them went wrong.
    @discardableResult
    func dismiss(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Statistics {
        await process.stop(with: SIGUSR1, within: .seconds(10))
        let statistics = try statistics()
        #expect(statistics.failed == 0, "sipp \(name)", sourceLocation: sourceLocation)
        return statistics
    }

    func statistics() throws -> Statistics {
        let lines = try String(decoding: Data(contentsOf: statisticsFile), as: UTF8.self).split(separator: "\n")
        guard let names = lines.first?.split(separator: ";", omittingEmptySubsequences: false), lines.count > 1,
            let last = lines.last?.split(separator: ";", omittingEmptySubsequences: false)
        else { throw Failure(description: "sipp \(name) wrote no statistics") }
        func value(_ column: String) throws -> Int {
            guard let index = names.firstIndex(of: Substring(column)), index < last.count, let value = Int(last[index])
            else { throw Failure(description: "the statistics of sipp have no \(column)") }
            return value
        }
        return try Statistics(
            created: value("TotalCallCreated"),
            successful: value("SuccessfulCall(C)"),
            failed: value("FailedCall(C)"),
            retransmissions: value("Retransmissions(C)")
        )
    }

    /// Every message sent and received so far.
    func messages() throws -> [SIPLogEntry] { try readSIPLog(messageFile) }

    /// What passed from the first message to the last, and what sipp may take to write one down.
    var milliseconds: Int {
        get throws {
            let times = try messages().map(\.time)
            return Int(((times.last ?? 0) - (times.first ?? 0)) * 1_000) + 100
        }
    }

    /// The INVITEs that began a call, without repetitions, in the order in which they came.
    func invites() throws -> [SIPLogEntry] {
        var seen: Set<String> = []
        return try messages().filter { message in
            message.method == "INVITE" && message.header("To")?.contains("tag=") == false
                && seen.insert(message.callID).inserted
        }
    }
}
