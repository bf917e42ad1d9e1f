import Patience
import Foundation
import Glibc

/// A real phone without a screen: baresip, whose microphone plays a tone and whose ear is recorded.
struct Baresip: Sendable {
    enum Failure: Error {
        case refused(command: String, reply: String)
    }

    /// How a phone's signalling travels.
    enum Line: Sendable {
        case udp, tcp
        /// With its certificate and key in one file, and the roots that it trusts.
        case tls(identity: String, roots: String)

        /// Of a URI.
        var parameter: String {
            switch self {
            case .udp: ""
            case .tcp: ";transport=tcp"
            case .tls: ";transport=tls"
            }
        }

        fileprivate var configuration: String {
            guard case .tls(let identity, let roots) = self else { return "" }
            return "sip_certificate \(identity)\nsip_cafile \(roots)"
        }
    }

    /// Where it registers, and may do so.
    struct Registrar: Sendable {
        let port: UInt16
        let password: String
    }

    let user: String
    let process: ChildProcess
    let port: UInt16
    /// Where it listens for TLS.
    var securePort: UInt16 { port + 1 }
    private let controlPort: UInt16
    private let folder: URL

    /// Starts a phone.
    ///
    /// - Parameters:
    ///   - tone: what it plays into a call, in hertz.
    ///   - answers: by itself; else somebody has to `accept()`.
    ///   - codec: as baresip calls it.
    ///   - host: its own address, as URIs have it.
    static func start(
        _ user: String,
        tone: Int,
        answers: Bool = true,
        codec: String = "PCMA",
        over line: Line = .udp,
        registrar: Registrar? = nil,
        host: String = "127.0.0.1"
    ) async throws -> Baresip {
        let stage = try Stage.here()
        var attempts = 3
        while true {
            let phone = try launch(user, tone, answers, codec, line, registrar, host, on: stage)
            do {
                try await eventually("baresip \(user)") {
                    try phone.process.requireAlive()
                    return phone.process.text.contains("baresip is ready")
                }
                if !phone.process.text.contains("Address already in use") { return phone }
            } catch ChildProcess.Failure.died where attempts > 1 {}
            await phone.process.stop(with: SIGKILL)
            guard attempts > 1 else { throw Socket.Failure(call: "baresip", errno: EADDRINUSE) }
            attempts -= 1
        }
    }

    private static func launch(
        _ user: String,
        _ tone: Int,
        _ answers: Bool,
        _ codec: String,
        _ line: Line,
        _ registrar: Registrar?,
        _ host: String,
        on stage: Stage
    ) throws -> Baresip {
        let controlPort = try Ports.free()
        let port = try Ports.free()
        // It listens for TLS on the next port, whether asked to or not.
        _ = try Ports.free()
        let name = "\(user)-\(port)"
        let folder = stage.folder.appendingPathComponent(name, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let voice = folder.appendingPathComponent("voice.wav")
        // A file must have the samples a second that its codec wants.
        try Tone.wav(hertz: tone, seconds: 60, rate: codec.hasSuffix("/16000") ? 16_000 : 8_000).write(to: voice)
        // The audio player is a bridge that leads nowhere: no sound hardware is needed.
        let configuration = """
            sip_listen \(host):\(port)
            \(line.configuration)
            net_interface \(host.filter { !"[]".contains($0) })
            rtp_ports 32000-32700
            module_path /usr/lib/baresip/modules
            module g711.so
            module g722.so
            module aufile.so
            module aubridge.so
            module sndfile.so
            module_tmp uuid.so
            module_tmp account.so
            module_app menu.so
            module_app ctrl_tcp.so
            ctrl_tcp_listen 127.0.0.1:\(controlPort)
            snd_path \(folder.path)
            audio_source aufile,\(voice.path)
            audio_player aubridge,ear
            audio_alert aubridge,bell
            call_max_calls 4

            """
        let registration = registrar.map { "regint=600;auth_user=\(user);auth_pass=\($0.password)" } ?? "regint=0"
        let account = """
            <sip:\(user)@\(host):\(registrar?.port ?? port)\(line.parameter)>;\(registration);answermode=\(answers ? "auto" : "manual");audio_codecs=\(codec)

            """
        for (file, text) in [("config", configuration), ("accounts", account), ("contacts", "\n")] {
            try Data(text.utf8).write(to: folder.appendingPathComponent(file))
        }
        let process = stage.start(name, "baresip", ["-f", folder.path, "-s"])
        return Baresip(user: user, process: process, port: port, controlPort: controlPort, folder: folder)
    }

    func dial(_ uri: String) async throws { try await command("dial", uri) }
    func accept() async throws { try await command("accept") }
    func hangUp() async throws { try await command("hangup") }
    func hold() async throws { try await command("hold") }
    func resume() async throws { try await command("resume") }
    /// Hands the other side of the call on, by REFER.
    func transfer(to uri: String) async throws { try await command("transfer", uri) }

    /// Waits until the phone has printed this text so often.
    func prints(_ text: String, times: Int = 1, within: Duration = .seconds(60)) async throws {
        try await eventually("baresip \(user) to print '\(text)' \(times) times", within: within) {
            (process.text.ranges(of: text).count >= times)
        }
    }

    /// A command over the control port: netstrings of JSON.
    private func command(_ name: String, _ parameters: String = "") async throws {
        let socket = try Socket(SOCK_STREAM)
        defer { socket.close() }
        try socket.connect(to: Socket.address("127.0.0.1", controlPort))
        let json = #"{"command":"\#(name)","params":"\#(parameters)","token":"test"}"#
        socket.send("\(json.utf8.count):\(json),".utf8, to: Socket.address("127.0.0.1", controlPort))
        var reply = ""
        try await eventually("the reply of baresip \(user) to \(name)") {
            while let part = socket.receive()?.bytes, !part.isEmpty { reply += String(decoding: part, as: UTF8.self) }
            return reply.contains(#""token":"test""#)
        }
        guard reply.contains(#""response":true,"ok":true"#) else { throw Failure.refused(command: name, reply: reply) }
    }

    /// How long this tone was heard, in seconds. Recordings end with the first re-INVITE of a call, which makes baresip
    /// lose the filter that writes them.
    func heard(_ hertz: Int) throws -> Double {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix("-dec.wav") }
            .map { Tone.seconds(of: hertz, in: try Data(contentsOf: $0)) }
            .reduce(0, +)
    }

    /// Whether media comes in, as the status line has it: `audio=<sent>/<received> (bit/s)`, renewed every few seconds.
    var isReceiving: Bool {
        guard let last = process.text.matches(of: /audio=[0-9]+\/([0-9]+) \(bit/).last else { return false }
        return last.1 != "0"
    }
}
