import Patience
import Foundation

/// Our own announcer, with the sounds that we ship or others.
struct Announcer: Sendable {
    let process: ChildProcess
    let port: UInt16

    /// The top of the source tree.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameters:
    ///   - sounds: another folder than that of the package.
    ///   - host: where it listens, as URIs have it.
    static func start(sounds: String? = nil, host: String = "127.0.0.1") async throws -> Announcer {
        let stage = try Stage.here()
        let sounds = sounds ?? checkout.appendingPathComponent("packaging/sounds").path
        var attempts = 3
        while true {
            let port = try Ports.free()
            let process = try stage.start(
                "cc-announcer-\(port)",
                Binaries.path("cc-announcer"),
                ["--listen", "udp:\(host):\(port)", "--sounds", sounds]
            )
            do {
                try await eventually("cc-announcer on port \(port)") {
                    try process.requireAlive()
                    return Ports.isBound(udp: port)
                }
                return Announcer(process: process, port: port)
            } catch ChildProcess.Failure.died where attempts > 1 {
                attempts -= 1
            }
        }
    }
}
