import ArgumentParser
import FoundationEssentials
import SIP
import Testing

@testable import cc_announcer

@Suite("The part that an address asks for")
struct PartTests {
    private static let short = Sound(samples: [1])
    private let library = SoundLibrary([
        "welcome": short, "queue": short, "queue-sales": short, "holding": short, "music": short, "agent-x": short,
        "a b": short,
    ])

    @Test(
        "is a sound, once or for ever",
        arguments: [
            ("sip:welcome@h", false), ("sip:welcome@h;loop", true), ("sip:welcome@h;LOOP=1;pos=2", true),
            ("sip:queue@h;pos=3", true), ("sip:queue-sales@h", true), ("sip:holding@h", true), ("sip:music@h", true),
            ("sip:a%20b@h", false), ("sips:welcome@h", false), ("sip:agent-x@h", false),
        ]
    )
    func sound(uri: String, loops: Bool) throws {
        let uri = try #require(URI(uri))
        let part = try #require(Part(calling: uri, in: library))
        guard case .sound(let sound, loops) = part else {
            Issue.record("\(part)")
            return
        }
        #expect(sound === Self.short)
    }

    @Test("is an agent, with his own sound if there is one")
    func agent() throws {
        let uri = try #require(URI("sip:agent-anna@h"))
        guard case .agent(let sound) = Part(calling: uri, in: library) else {
            Issue.record("no agent")
            return
        }
        #expect(sound === Sound.chime)
        let own = SoundLibrary(["agent": Self.short])
        #expect(Part(calling: uri, in: own)?.sound === Self.short)
        #expect(Part(calling: uri, in: own)?.loops == true)
    }

    @Test(
        "is none for a name that nobody here has",
        arguments: ["sip:unknown@h", "sip:h", "sip:agent-@h", "sip:../etc/passwd@h", "sip:Welcome@h"]
    )
    func none(uri: String) throws {
        let uri = try #require(URI(uri))
        #expect(Part(calling: uri, in: library) == nil)
    }
}

@Suite("The sounds of a folder")
struct SoundLibraryTests {
    /// Makes a folder with these files for as long as `body` runs.
    private func withFolder(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/cc-announcer-\(UInt64.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, bytes) in files {
            #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(bytes)))
        }
        try body(folder)
    }

    @Test("are its WAV files, by name")
    func names() throws {
        try withFolder(["b.wav": wave([1, 2]), "a.wav": wave([3]), "make": [], ".wav": [], "c.txt": []]) { folder in
            let library = try SoundLibrary(folder: folder)
            #expect(library.names == ["a", "b"])
            #expect(library["b"]?.count == 2)
            #expect(library["c"] == nil)
        }
    }

    @Test("are refused with the path of a file that cannot be used")
    func badFile() throws {
        try withFolder(["bad.wav": wave([1], rate: 44_100)]) { folder in
            let error = #expect(throws: SoundLibrary.Failure.self) { try SoundLibrary(folder: folder) }
            #expect(error == .wave(path: folder + "/bad.wav", .sampleRate(44_100)))
        }
    }

    @Test("are refused if there is no such folder")
    func noFolder() {
        // Below a file there can be no folder, whatever a machine has lying about.
        let path = "/dev/null/sounds"
        let error = SoundLibrary.Failure.unreadable(path: path, reason: "no such folder, or no permission")
        #expect(throws: error) { try SoundLibrary(folder: path) }
    }

    @Test("as shipped are a short welcome and a loop of whole frames, and small")
    func shipped() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let library = try SoundLibrary(folder: root + "/packaging/sounds")
        #expect(library.names == ["queue", "welcome"])
        let (welcome, queue) = (library["welcome"]?.count ?? 0, library["queue"]?.count ?? 0)
        #expect(3 * Sound.sampleRate...6 * Sound.sampleRate ~= welcome)
        #expect(20 * Sound.sampleRate...30 * Sound.sampleRate ~= queue)
        #expect(queue.isMultiple(of: MediaStream.frame))
        #expect(2 * (welcome + queue) < 600_000)
    }
}

@Suite("The command line")
struct OptionsTests {
    @Test(
        "takes listening addresses",
        arguments: [("udp:127.0.0.1:5090", "127.0.0.1", 5090), ("udp:[::1]:5060", "::1", 5060)]
    )
    func listen(text: String, address: String, port: UInt16) throws {
        let address = try #require(IPAddress(address))
        let expected = Endpoint(address: address, port: port)
        #expect(ListenAddress(argument: text)?.endpoint == expected)
    }

    @Test(
        "refuses others",
        arguments: [
            "", "udp:", "udp::5060", "tcp:127.0.0.1:5060", "udp:host:5060", "udp:127.0.0.1", "udp:127.0.0.1:70000",
        ]
    )
    func notListen(text: String) {
        #expect(ListenAddress(argument: text) == nil)
    }

    @Test(
        "takes port ranges that have a pair",
        arguments: [("20000-20001", [20_000]), ("20001-20005", [20_002, 20_004]), ("65534-65535", [65_534])]
    )
    func ports(text: String, pairs: [UInt16]) {
        #expect(PortRange(text)?.pairs == pairs)
    }

    @Test(
        "refuses other ranges",
        arguments: ["", "20000", "20001-20002", "20000-20000", "3-2", "0-9", "1-70000", "-5", "1-2-3", "a-b"]
    )
    func notPorts(text: String) {
        #expect(PortRange(text) == nil)
    }

    @Test(
        "says what is wrong",
        arguments: [
            ["--max-calls", "0"], ["--max-duration", "-1"], ["--agent-ring", "nan"], ["--agent-talk", "1e9"],
            ["--media-address", "::1"], ["--media-address", "0.0.0.0"],
        ]
    )
    func wrong(arguments: [String]) {
        let needed = ["--listen", "udp:127.0.0.1:5090", "--sounds", "x"]
        #expect(throws: (any Error).self) { try Options.parse(needed + arguments) }
        #expect(throws: Never.self) { try Options.parse(needed) }
    }
}
