import Foundation
import Telemetry
import Testing

/// CALLCENTERD-MIB, read from its text as far as tests need it.
struct MIBModule: Sendable {
    struct Object: Sendable {
        var name: String
        var oid: [UInt32]
        var syntax: String
        var units: String?
        var access: String
        var description: String
    }

    struct Notification: Sendable {
        var name: String
        var oid: [UInt32]
        var objects: [String]
    }

    let objects: [String: Object]
    let notifications: [Notification]

    /// Read once: it takes a while.
    static func read() throws -> MIBModule { try shared.get() }

    private static let shared = Result { try MIBModule(base: ManagedTree.base) }

    /// - Parameter base: the OID of `callcenterdMIB`, which other modules say.
    private init(base: [UInt32]) throws {
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../../mibs/CALLCENTERD-MIB.txt")
        let text = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        var oids = ["callcenterdMIB": base]
        for node in text.matches(of: /(?m)^(\w+)\s+OBJECT IDENTIFIER ::= { (\w+) (\d+) }/) {
            oids[String(node.1)] = try #require(oids[String(node.2)]) + [try #require(UInt32(node.3))]
        }
        var objects: [String: Object] = [:]
        let macro =
            /(?m)^(\w+) OBJECT-TYPE\n\s+SYNTAX\s+([^"]*?)\n(?:\s+UNITS\s+"([^"]*)"\n)?\s+MAX-ACCESS\s+(\S+)\n\s+STATUS\s+current\n\s+DESCRIPTION\n\s+"([^"]*)"\n(?:\s+INDEX[^\n]*\n)?\s+::= { (\w+) (\d+) }/
        for match in text.matches(of: macro) {
            let name = String(match.1)
            let oid = try #require(oids[String(match.6)]) + [try #require(UInt32(match.7))]
            oids[name] = oid
            objects[name] = Object(
                name: name,
                oid: oid,
                syntax: Self.flat(match.2),
                units: match.3.map(String.init),
                access: String(match.4),
                description: Self.flat(match.5)
            )
        }
        self.objects = objects
        notifications = try text.matches(
            of: /(?m)^(\w+) NOTIFICATION-TYPE\n\s+OBJECTS\s+{([^}]*)}[^"]*"[^"]*"\n\s+::= { (\w+) (\d+) }/
        ).map { match in
            Notification(
                name: String(match.1),
                oid: try #require(oids[String(match.3)]) + [try #require(UInt32(match.4))],
                objects: match.2.split { $0 == "," || $0.isWhitespace }.map(String.init)
            )
        }
    }

    private static func flat(_ text: Substring) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
