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
        #expect(part.sound === Self.short && part.loops == loops)
        #expect(!part.isAgent && !part.isMissing && part.lead.isEmpty)
    }

    @Test("is an agent, with his own sound if there is one")
    func agent() throws {
        let uri = try #require(URI("sip:agent-anna@h"))
        let part = try #require(Part(calling: uri, in: library))
        #expect(part.isAgent && part.sound === Sound.chime)
        let own = try #require(Part(calling: uri, in: SoundLibrary(["agent": Self.short])))
        #expect(own.isAgent && own.sound === Self.short && own.loops)
    }

    @Test(
        "is silence for a name that nobody here has",
        arguments: [
            ("sip:unknown@h", false), ("sip:queue-2@h", true), ("sip:agent-@h", false), ("sip:../etc/passwd@h", false),
            ("sip:Welcome@h", false), ("sip:support/hold@h", true),
        ]
    )
    func missing(uri: String, loops: Bool) throws {
        let uri = try #require(URI(uri))
        let part = try #require(Part(calling: uri, in: library))
        #expect(part.isMissing && part.sound === Sound.silence && part.loops == loops && !part.isAgent)
    }

    @Test("is none without a name")
    func none() throws {
        let uri = try #require(URI("sip:h"))
        #expect(Part(calling: uri, in: library) == nil)
    }

    @Test("is the flow's own sound, or else that of all")
    func flow() throws {
        let own = Sound(samples: [2])
        let library = SoundLibrary(["queue": Self.short, "welcome": Self.short, "support/queue": own])
        func part(_ uri: String) -> Part? { URI(uri).flatMap { Part(calling: $0, in: library) } }
        #expect(part("sip:support/queue@h")?.sound === own)
        #expect(part("sip:support/welcome@h")?.sound === Self.short)
        #expect(part("sip:sales/queue@h")?.sound === Self.short)
        #expect(part("sip:sales/queue@h")?.loops == true)
    }
}

@Suite("What a waiting caller is told")
struct PromptsTests {
    /// Numbers to 20, tens, and the sentences, each a sound of its own.
    private static let names =
        (1...20).map(String.init) + (3...9).map { "\($0)0" }
        + ["hundred", "next", "position", "in-queue", "soon", "wait", "minute", "minutes"]

    private func said(
        _ parameters: String,
        flow: String = "",
        without missing: String = "",
        also more: [String] = []
    ) throws -> [String] {
        let paths = Self.names.filter { $0 != missing }.map { "numbers/" + $0 } + more
        let sounds = paths.map { ($0, Sound(samples: [1])) }
        let library = SoundLibrary(Dictionary(uniqueKeysWithValues: sounds))
        let uri = try #require(URI("sip:\(flow)queue@h\(parameters)"))
        let part = try #require(Part(calling: uri, in: library))
        return part.lead.map { sound in
            let path = sounds.first { $0.1 === sound }?.0 ?? "?"
            return path.replacing("numbers/", with: "", maxReplacements: path.hasPrefix("numbers/") ? 1 : 0)
        }
    }

    @Test(
        "is his place in the queue, and how long it may take",
        arguments: [
            ("", []), (";cc_pos=0", ["next"]), (";cc_pos=2", ["position", "3", "in-queue"]),
            (";cc_pos=20", ["position", "20", "1", "in-queue"]), (";cc_pos=39", ["position", "40", "in-queue"]),
            (";cc_pos=99", ["position", "1", "hundred", "in-queue"]),
            (";cc_pos=345", ["position", "3", "hundred", "40", "6", "in-queue"]),
            (";cc_pos=998", ["position", "9", "hundred", "90", "9", "in-queue"]), (";cc_pos=999", []),
            (";cc_ewt=0", ["soon"]), (";cc_ewt=59", ["soon"]), (";cc_ewt=60", ["wait", "minute"]),
            (";cc_ewt=61", ["wait", "2", "minutes"]), (";cc_ewt=2147483647", []),
            (";cc_pos=0;cc_ewt=300", ["next", "wait", "5", "minutes"]),
            (";cc_pos=9223372036854775807;cc_ewt=9223372036854775807", []), (";cc_pos=-1;cc_ewt=-1", []),
            (";cc_pos=x;cc_ewt", []),
        ] as [(String, [String])]
    )
    func sentences(parameters: String, said: [String]) throws {
        #expect(try self.said(parameters) == said)
    }

    @Test("has no sentence of which a piece is missing, and none without the end of one that may lack it")
    func pieces() throws {
        #expect(try said(";cc_pos=6;cc_ewt=0", without: "7") == ["soon"])
        #expect(try said(";cc_pos=6", without: "position") == [])
        #expect(try said(";cc_pos=6", without: "in-queue") == ["position", "7"])
        #expect(try said(";cc_pos=0", without: "next") == ["position", "1", "in-queue"])
        #expect(try said(";cc_ewt=60", without: "minute") == ["wait", "1", "minutes"])
    }

    @Test("takes a number of one piece, and the flow's own sounds, where there are such")
    func own() throws {
        #expect(try said(";cc_pos=20", also: ["numbers/21"]) == ["position", "21", "in-queue"])
        #expect(
            try said(";cc_pos=20", flow: "support/", also: ["support/numbers/position", "support/numbers/1"])
                == ["support/numbers/position", "20", "support/numbers/1", "in-queue"]
        )
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
            if let slash = name.lastIndex(of: "/") {
                let path = folder + "/" + name[..<slash]
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
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

    @Test("are those of flows and numbers, too")
    func folders() throws {
        let files = ["a.wav", "f/a.wav", "f/numbers/1.wav", ".g/a.wav"].map { ($0, wave([1])) }
        try withFolder(Dictionary(uniqueKeysWithValues: files)) { folder in
            let library = try SoundLibrary(folder: folder)
            #expect(library.names == ["a", "f/a", "f/numbers/1"])
        }
    }

    @Test("leave out what cannot be used, and say which file that is and why")
    func badFile() throws {
        try withFolder(["bad.wav": wave([1], bits: 8), "good.wav": wave([1])]) { folder in
            let library = try SoundLibrary(folder: folder)
            #expect(library.names == ["good"])
            #expect(library.problems == [.wave(path: folder + "/bad.wav", .bits(8))])
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
        #expect(library.names.filter { !$0.hasPrefix("numbers/") } == ["queue", "welcome"])
        #expect(library.problems == [])
        // Every place up to 999 can be said.
        for ahead in 0..<999 {
            let said = Prompts(library, folder: "").announcement(ahead: ahead, wait: 60 * (ahead + 1))
            #expect(said.count >= 3 && said.count <= 11, "\(ahead)")
        }
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
