import Patience
import Foundation
import Testing

/// What a real phone, with decoders of its own, hears of cc-announcer. Each sound is a tone of its own.
@Suite("The announcer on a real phone", .staged)
struct AnnouncerPhoneTests {
    /// A folder of tones: name, hertz, seconds, samples a second.
    private func sounds(_ tones: [(name: String, hertz: Int, seconds: Int, rate: Int)]) throws -> String {
        let folder = try Stage.here().folder.appendingPathComponent("sounds", isDirectory: true)
        for tone in tones {
            let file = folder.appendingPathComponent(tone.name + ".wav")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Tone.wav(hertz: tone.hertz, seconds: tone.seconds, rate: tone.rate).write(to: file)
        }
        return folder.path
    }

    @Test("in G.722 has the upper band, too, which no G.711 carries")
    func wideband() async throws {
        let announcer = try await Announcer.start(sounds: sounds([("music", 5_000, 1, 16_000)]))
        let phone = try await Baresip.start("wide", tone: 440, codec: "G722/16000")
        let narrow = try await Baresip.start("narrow", tone: 440)
        try await phone.dial("sip:music@127.0.0.1:\(announcer.port)")
        try await narrow.dial("sip:music@127.0.0.1:\(announcer.port)")
        try await eventually("the tone of 5 kHz") { try (phone.heard(5_000) > 2) }
        try await eventually("media at the other phone") { narrow.isReceiving }
        try await phone.hangUp()
        try await narrow.hangUp()
        // 3 kHz is where it would be heard if samples had only been left out.
        #expect(try narrow.heard(3_000) == 0)
    }

    @Test("is recorded by packaging/phone, with which newcomers call")
    func record() async throws {
        let stage = try Stage.here()
        let announcer = try await Announcer.start(sounds: sounds([("music", 1_100, 1, 8_000)]))
        let script = Announcer.checkout.appendingPathComponent("packaging/phone").path
        let uri = "sip:music@127.0.0.1:\(announcer.port)"
        let folder = stage.path("recorded")
        let arguments = [script, uri, "--seconds", "10", "--record", folder]
        let result = try await ChildProcess.run("phone", "bash", arguments, in: stage.folder)
        #expect(result.status == 0, "\(result.text)")
        let heard = try Data(contentsOf: URL(fileURLWithPath: folder + "/heard.wav"))
        #expect(Tone.seconds(of: 1_100, in: heard) > 1)
    }

    @Test("is the place in the queue and the estimated wait, as the daemon has them, then the flow's own music")
    func position() async throws {
        let announcer = try await Announcer.start(
            sounds: sounds([
                ("sales/queue", 1_100, 2, 8_000), ("queue", 1_900, 2, 8_000), ("numbers/next", 700, 2, 8_000),
                ("numbers/soon", 900, 2, 16_000),
            ])
        )
        let phone = try await Baresip.start("carl", tone: 440)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: 9)],
            options: .init(
                more: "queue_pos_param: cc_pos\nqueue_wait_param: cc_ewt\ninternal_call_dispatching: false\n"
            )
        )
        _ = try await daemon.sql(
            "UPDATE cc_flows SET message_queue = 'sip:sales/queue@127.0.0.1:\(announcer.port)' WHERE flowid = 'sales'"
        )
        #expect(try await daemon.ccctl("reload").status == 0)
        try await phone.dial("sip:sales@127.0.0.1:\(daemon.port)")
        try await eventually("place, wait and music") {
            try (phone.heard(700) > 0.5 && phone.heard(900) > 0.5 && phone.heard(1_100) > 0.5)
        }
        #expect(try phone.heard(1_900) == 0)
        try await phone.hangUp()
        try await daemon.expectQuiet(after: Outcome(abandoned: 1))
    }
}
