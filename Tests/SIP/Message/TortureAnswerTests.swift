import Testing

@testable import SIP

@Suite("What the messages of RFC 4475 and RFC 5118 are answered with")
struct TortureAnswerTests {
    /// By the name that the RFCs give the message: the status of our answer, `invited` for a call that may begin, nothing
    /// where nothing may be sent.
    static let answers: [(name: String, answer: String)] = [
        // RFC 4475 section 3.1.1, valid: 481 for a To tag that is none of ours, 405 and 501 for what a call centre does not do.
        ("wsinv", "481"), ("intmeth", "501"), ("esc01", "invited"), ("escnull", "405"), ("esc02", "501"),
        ("lwsdisp", "200"), ("longreq", "invited"), ("dblreq", "405"), ("semiuri", "200"), ("transports", "200"),
        ("mpart01", "405"), ("unreason", ""), ("noreason", ""),
        // Section 3.1.2, invalid.
        ("badinv01", "400"), ("clerr", "400"), ("ncl", "400"), ("scalar02", "400"), ("scalarlg", ""),
        ("quotbal", "400"), ("ltgtruri", "400"), ("lwsruri", "400"), ("lwsstart", "400"), ("trws", "400"),
        ("escruri", "400"), ("baddate", "invited"), ("regbadct", "405"), ("badaspec", "400"), ("baddn", "400"),
        ("badvers", "505"), ("mismatch01", "400"), ("mismatch02", "400"), ("bigcode", ""),
        // Sections 3.2 and 3.3.
        ("badbranch", "200"), ("insuf", ""), ("unkscm", "416"), ("novelsc", "416"), ("unksm2", "405"),
        ("bext01", "420"), ("invut", "415"), ("regaut01", "405"), ("multi01", "400"), ("mcl01", "400"), ("bcast", ""),
        ("zeromf", "200"), ("cparam01", "405"), ("cparam02", "405"), ("regescrt", "405"), ("sdp01", "406"),
        // Section 3.4: a peer of RFC 2543 may call.
        ("inv2543", "invited"),
        // RFC 5118.
        ("ipv6-good", "405"), ("ipv6-bad", "400"), ("port-ambiguous", "405"), ("port-unambiguous", "405"),
        ("via-received-param-with-delim", "481"), ("via-received-param-no-delim", "200"), ("ipv6-in-sdp", "invited"),
        ("mult-ip-in-header", "481"), ("mult-ip-in-sdp", "invited"), ("ipv4-mapped-ipv6", "invited"),
        ("ipv6-bug-abnf-3-colons", "200"), ("ipv6-correct-abnf-2-colons", "200"),
    ]

    @Test("Each gets the answer that the RFC asks for, or allows", arguments: answers)
    func answer(name: String, answer: String) throws {
        let bench = UserAgentBench()
        let torture = try #require(Torture.all.first { $0.shortName == name })
        switch Message.parse(torture.bytes) {
        case .message(let message):
            bench.perform { agent, now in
                agent.receive(message, from: UserAgentBench.peer, on: UserAgentBench.listener, now: now)
            }
        case .refusable(let request, let error):
            // The answer repeats what is broken in the request: no parser of ours would take it.
            var sent: [Outgoing] = []
            bench.agent.refuseMalformed(
                request,
                error: error,
                from: UserAgentBench.peer,
                on: UserAgentBench.listener
            )
            bench.agent.drainDatagrams(into: &sent)
            #expect(sent.map { text($0.bytes.prefix(12)) } == ["SIP/2.0 \(answer) "])
            return
        case .hopeless: break
        }
        let sent = bench.takeMessages().compactMap { $0.status.map { "\($0)" } }
        #expect((sent + bench.takeEvents()).joined(separator: " ") == answer)
    }

    @Test("The table has every message of both RFCs, each once")
    func completeness() {
        #expect(Self.answers.map(\.name).sorted() == Torture.all.map(\.shortName).sorted())
        #expect(Torture.valid.count + Torture.invalid.count + Torture.applications.count == 49)
        #expect(Torture.ipv6.count == 12)
    }

    @Test("A 420 names what is not supported, a 405 what is allowed, a 415 and a 406 what is accepted")
    func explanations() throws {
        #expect(
            try response(to: "bext01").texts(of: .unsupported) == ["nothingSupportsThis", "nothingSupportsThisEither"]
        )
        #expect(try response(to: "regbadct").texts(of: .allow).contains("INVITE"))
        #expect(try response(to: "invut").texts(of: .accept).contains("application/sdp"))
        #expect(try response(to: "sdp01").texts(of: .accept).contains("application/sdp"))
    }

    private func response(to name: String) throws -> Message {
        let bench = UserAgentBench()
        let message = try parsed(#require(Torture.all.first { $0.shortName == name }).bytes)
        bench.perform { agent, now in
            agent.receive(message, from: UserAgentBench.peer, on: UserAgentBench.listener, now: now)
        }
        return try #require(bench.takeMessages().first)
    }
}

@Suite("IPv6 in messages (RFC 5118)")
struct TortureIPv6Tests {
    private func message(_ name: String) throws -> Message {
        try parsed(#require(Torture.ipv6.first { $0.shortName == name }).bytes)
    }

    private func requestURI(_ name: String) throws -> URI {
        let message = try message(name)
        return try message.ownedURI(#require(message.requestURI))
    }

    @Test("A port behind the brackets is one, within them it is part of the address")
    func ports() throws {
        let ambiguous = try requestURI("port-ambiguous")
        #expect(ambiguous.port == nil)
        #expect(ambiguous.hostAddress == IPAddress("2001:db8::10:5070"))
        let unambiguous = try requestURI("port-unambiguous")
        #expect(unambiguous.port == 5070)
        #expect(unambiguous.hostAddress == IPAddress("2001:db8::10"))
    }

    @Test("The received parameter of Via is read with brackets and without")
    func received() throws {
        for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
            let message = try message(name)
            let value = try #require(message.via.received?.value)
            #expect(IPAddress(parsing: message.bytes(of: value)) == IPAddress("2001:db8::9:255"))
        }
    }

    @Test("One message may have addresses of both families, in Via and in SDP")
    func bothFamilies() throws {
        #expect(try message("mult-ip-in-header").values(.via).count == 3)
        let message = try message("mult-ip-in-sdp")
        let description = try #require(try message.sessionDescription.get())
        #expect(description.media.count == 2)
    }

    @Test("An IPv4 address mapped into IPv6 is that IPv4 address")
    func mapped() throws {
        let message = try message("ipv4-mapped-ipv6")
        #expect(IPAddress(parsing: message.bytes(of: message.via.host)) == IPAddress("192.0.2.10"))
        #expect(message.via.port == 19823)
    }

    @Test("The three colons that the grammar of RFC 3261 allows before an IPv4 part mean two")
    func threeColons() throws {
        let bug = try requestURI("ipv6-bug-abnf-3-colons")
        #expect(bug.hostAddress == IPAddress("2001:db8::192.0.2.1"))
        #expect(bug.hostAddress != nil)
        #expect(try requestURI("ipv6-correct-abnf-2-colons").hostAddress == bug.hostAddress)
        for wrong in ["2001:::1", ":::1", "2001:db8:::", "2001::db8:::192.0.2.1", "::::192.0.2.1"] {
            #expect(IPAddress(wrong) == nil)
        }
    }
}
