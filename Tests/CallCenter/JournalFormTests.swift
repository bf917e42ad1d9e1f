import Testing

@testable import CallCenter

@Suite("The form of the journal")
struct JournalFormTests {
    /// RFC 3720 appendix B.4, the check value of the algorithm, and nothing.
    static let sums: [([UInt8], UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test("the checksum is CRC-32C, whatever the length", arguments: sums)
    func checksum(bytes: [UInt8], sum: UInt32) {
        #expect(bytes.withUnsafeBytes { Checksum.crc32c($0) } == sum)
    }

    /// Every field has another value than its default.
    static let record = CallDetailRecord(
        callUUID: "0123456789abcdef0123456789abcdef",
        offerNumber: 3,
        callNumber: .max,
        caller: "Zoë \u{1F600}",
        received: -1,
        wait: .max,
        pickup: 2,
        talk: 3,
        flowID: "gold",
        agentID: "ann",
        callType: .refused,
        refusals: 7,
        facts: [.inbound, .abandoned],
        media: .msrp,
        callerURI: "sip:a@b",
        calledURI: "sip:c@d",
        sipStatus: 486,
        cause: "busy",
        endedBy: .agent,
        transferredTo: "sip:e@f",
        callIDs: ["x", "", "y@z"]
    )

    @Test("a record comes back as it was")
    func record() throws {
        #expect(try CallDetailRecord(encoded: Self.record.encoded) == Self.record)
        var plain = Self.record
        plain.transferredTo = nil
        plain.callIDs = []
        #expect(try CallDetailRecord(encoded: plain.encoded) == plain)
        // Whoever adds a field to the record has to add it to `encoded`, and here.
        #expect(Mirror(reflecting: Self.record).children.count == 21)
    }

    @Test("a record that is cut short anywhere is none, and of bytes turned at random none stops us")
    func malformed() throws {
        let bytes = Self.record.encoded
        for count in bytes.indices {
            #expect(throws: ByteReader.Malformed.self) { try CallDetailRecord(encoded: Array(bytes[..<count])) }
        }
        var random = SplitMix64(seed: 7)
        for _ in 0..<2_000 {
            var broken = bytes
            for _ in 0..<3 {
                broken[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? CallDetailRecord(encoded: broken)
        }
        #expect(throws: ByteReader.Malformed.self) { try CallDetailRecord(encoded: [0] + bytes.dropFirst()) }
    }

    @Test("so does a log-in")
    func login() throws {
        let login = AgentLogin(agentID: "ann", isLoggedIn: true, rowSays: false, since: 1_700_000_000_123)
        #expect(try AgentLogin(encoded: login.encoded) == login)
        for count in login.encoded.indices {
            #expect(throws: ByteReader.Malformed.self) { try AgentLogin(encoded: Array(login.encoded[..<count])) }
        }
    }

    // MARK: - Segments

    /// A segment with entries of these payloads, numbered from `first`, and the places where they begin.
    private func segment(_ payloads: [[UInt8]], first: UInt64 = 1, size: Int = 4_096) -> (bytes: [UInt8], places: [Int])
    {
        var bytes = [UInt8](repeating: 0, count: size)
        var places = [0]
        for (index, payload) in payloads.enumerated() {
            let place = places[places.count - 1]
            let next = bytes.withUnsafeMutableBytes { segment in
                payload.withUnsafeBytes { payload in
                    JournalFrame.write(
                        sequence: first + UInt64(index),
                        kind: 1,
                        payload: payload,
                        to: segment,
                        at: place
                    )
                }
            }
            guard let next else { break }
            places.append(next)
        }
        return (bytes, places)
    }

    /// What a scan finds: the numbers of the entries, and the scan at its end.
    private func scan(_ bytes: [UInt8], first: UInt64 = 1) -> (numbers: [UInt64], scan: JournalScan) {
        var scan = JournalScan(from: 0, sequence: first)
        var numbers: [UInt64] = []
        bytes.withUnsafeBytes { segment in
            while let entry = scan.next(segment) { numbers.append(entry.sequence) }
        }
        return (numbers, scan)
    }

    private let payloads = (1...20).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }

    @Test("entries are found in order up to a clean end")
    func clean() {
        let (bytes, places) = segment(payloads)
        let (numbers, scan) = scan(bytes)
        #expect(numbers == Array(1...20))
        #expect(scan.place == places.last)
        #expect(scan.damage.isEmpty && !scan.isTorn)
    }

    @Test("what a segment held before its present use is no entry")
    func recycled() {
        var (bytes, _) = segment(payloads, first: 1)
        let (fresh, places) = segment(Array(payloads[..<3]), first: 21)
        let end = (places.last ?? 0) + 4
        bytes.replaceSubrange(0..<end, with: fresh[..<end])
        let (numbers, scan) = scan(bytes, first: 21)
        #expect(numbers == [21, 22, 23])
        #expect(scan.damage.isEmpty)
    }

    @Test("a crash at any byte of an entry loses that entry only, and is told from a clean end")
    func torn() {
        let (bytes, places) = segment(payloads)
        for cut in places[19]...places[20] {
            var torn = bytes
            for index in cut..<torn.count { torn[index] = 0 }
            let (numbers, scan) = scan(torn)
            // The last payload byte may be padding.
            let isWhole = cut >= places[19] + JournalFrame.headerSize + 60
            #expect(numbers.count == (isWhole ? 20 : 19))
            let isBegun = cut > places[19]
            #expect(scan.isTorn == (isBegun && !isWhole))
            #expect(scan.place == (isWhole ? places[20] : places[19]))
        }
    }

    @Test("damage in the middle loses what it hits, and says how much")
    func damaged() {
        let (bytes, places) = segment(payloads)
        for victim in 0..<19 {
            for place in places[victim]..<places[victim + 1] {
                var damaged = bytes
                damaged[place] ^= 0x55
                let (numbers, scan) = scan(damaged)
                let isHarmless = numbers.count == 20
                // Padding is covered by nothing.
                #expect(!isHarmless || place >= places[victim] + JournalFrame.headerSize + payloads[victim].count)
                if isHarmless { continue }
                #expect(numbers == (1...20).filter { $0 != victim + 1 })
                #expect(scan.damage == [.init(place: places[victim], first: UInt64(victim + 1), lost: 1)])
                #expect(!scan.isTorn)
            }
        }
    }

    @Test(
        "whatever peers have written behind the end is no entry, and is not searched for one byte by byte",
        .timeLimit(.minutes(5))
    )
    func hostileEnd() {
        var (bytes, places) = segment(payloads, size: 4 << 20)
        // Each place reads as the length of an entry of nearly a megabyte.
        let words: [UInt8] = [0, 0, 0x0F, 0, 0x41, 0x41, 0x41, 0x41]
        for place in ((places.last ?? 0) + 8)..<bytes.count { bytes[place] = words[place % 8] }
        let (numbers, scan) = scan(bytes)
        #expect(numbers == Array(1...20))
        #expect(scan.damage.isEmpty && !scan.isTorn)
    }

    @Test("an entry that does not fit is not begun")
    func full() {
        let (bytes, places) = segment(payloads, size: 600)
        let (numbers, scan) = scan(bytes)
        #expect(numbers.count == places.count - 1)
        #expect(numbers.count < 20)
        #expect(scan.damage.isEmpty)
    }
}
