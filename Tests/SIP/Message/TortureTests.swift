import SIP
import Testing

@Suite("The torture messages of RFC 4475 and RFC 5118")
struct TortureTests {
    @Test("What is valid is taken, what is not is refused or dropped", arguments: Torture.all)
    func outcomes(torture: Torture) {
        #expect(outcome(Message.parse(torture.bytes)) == torture.outcome)
    }

    @Test("An odd message is read right: blanks, folding and compact forms (wsinv)")
    func wsinv() throws {
        let message = try parsed(#require(Torture.valid.first { $0.name.hasPrefix("wsinv") }).bytes)
        #expect(message.to.tag.map(message.text(of:)) == "1918181833n")
        #expect(message.from.tag.map(message.text(of:)) == "98asjd8")
        #expect(text(message.from.displayNameText(in: message.bytes)) == "J Rosenberg \\\"")
        #expect(message.maxForwards == 68)
        #expect(message.cseq.number == 9)
        #expect(message.via.branch.map(message.text(of:)) == "390skdjuw")
        #expect(message.text(of: message.via.host) == "192.0.2.2")
        #expect(message.values(.via).count == 3)
        #expect(message.body.count == 150)
        let contact = try #require(message.firstAddress(.contact))
        #expect(message.parameter("q", in: contact.parameters).map(message.text(of:)) == "0.33")
        #expect(message.parameter("newparam", in: contact.parameters).map(message.text(of:)) == "newvalue")
        let route = try #require(message.firstAddress(.route))
        #expect(try message.ownedURI(route.uri).isLooseRouter)
        #expect(try SessionDescription(parsing: message.bytes(of: message.body)).media.count == 2)
    }

    @Test("Unusual characters are kept (intmeth)")
    func intmeth() throws {
        let message = try parsed(#require(Torture.valid.first { $0.name.hasPrefix("intmeth") }).bytes)
        #expect(message.method == .other)
        #expect(message.text(of: message.methodRange) == "!interesting-Method0123456789_*+`.%indeed'~")
        #expect(message.text(of: message.cseq.methodRange) == message.text(of: message.methodRange))
        #expect(text(message.to.displayNameText(in: message.bytes)) == "BEL:\u{7} NUL:\0 DEL:\u{7F}")
        #expect(message.from.displayName.map(message.text(of:)) == "token1~` token2'+_ token3*%!.-")
        #expect(message.from.tag.map(message.text(of:)) == "_token~1'+`*%!-.")
        let uri = try message.ownedURI(#require(message.requestURI))
        #expect(uri.user.map(text) == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
        #expect(uri.parts.password.map { text(uri.bytes[$0]) } == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
    }

    @Test("Escapes in header names and methods mean nothing (esc02), those in URIs do (esc01)")
    func escapes() throws {
        let second = try parsed(#require(Torture.valid.first { $0.name.hasPrefix("esc02") }).bytes)
        #expect(second.method == .other)
        #expect(second.values(.contact).count == 2)
        let first = try parsed(#require(Torture.valid.first { $0.name.hasPrefix("esc01") }).bytes)
        #expect(try first.ownedURI(#require(first.requestURI)).user.map(text) == "sips:user@example.com")
        #expect(try first.ownedURI(first.to.uri).user.map(text) == "user")
    }

    @Test("A Contact with headers and without brackets is refused where it is read (regbadct)")
    func badContact() throws {
        let message = try parsed(
            MessageParsingTests.template + "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\n\n"
        )
        #expect(message.firstAddress(.contact) == nil)
        #expect(throws: GrammarError.self) { try message.addresses(of: .contact) }
    }
}
