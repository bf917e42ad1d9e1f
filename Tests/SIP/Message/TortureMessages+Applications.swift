import SIP

/// Those of RFC 4475 that a parser has nothing against, but whoever acts on them: sections 3.1.1.7, 3.1.1.11, 3.1.2.11 to 13
/// and most of 3.3. What they are answered with stands in `TortureAnswerTests`.
extension Torture {
    private static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// 33 Via lines, whose names are written in all ways.
    private static let manyVias: String = {
        let names = [
            "Via:", "v:", "V:", "Via:", "ViA:", "VIa:", "VIA:", "via:", "viA:", "vIa:", "vIA:", "V : ", "v : ", "V  :",
            "v  :", "Via :", "Via  :",
        ]
        return (1...33).reversed().map { number in
            "\(33 - number < names.count ? names[33 - number] : "Via:") SIP/2.0/TCP sip\(number).example.com"
        }.joined(separator: "\n")
    }()

    static let applications = [
        Torture(
            name: "longreq (3.1.1.7)",
            outcome: .message,
            text: """
                INVITE sip:user@example.com SIP/2.0
                To: "I have a user name of \(many("extreme", 10)) proportion"<sip:user@example.com:6000;unknownparam1=very\(many("long", 20))value;longparam\(many("name", 25))=shortvalue;very\(many("long", 25))ParameterNameWithNoValue>
                F: sip:\(many("amazinglylongcallername", 5))@example.net;tag=12\(many("982", 50))424;unknownheaderparam\(many("name", 20))=unknowheaderparam\(many("value", 15));unknownValueless\(many("paramname", 10))
                Call-ID: longreq.one\(many("really", 20))longcallid
                CSeq: 3882340 INVITE
                Unknown-\(many("Long", 20))-Name: unknown-\(many("long", 20))-value; unknown-\(many("long", 20))-parameter-name = unknown-\(many("long", 20))-parameter-value
                \(manyVias)
                Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very\(many("long", 50))branchvalue
                Max-Forwards: 70
                Contact: <sip:\(many("amazinglylongcallername", 5))@host5.example.net>
                Content-Type: application/sdp
                l: \(wire(sdp).count)

                \(sdp)
                """
        ),
        Torture(
            name: "mpart01 (3.1.1.11), the signature cut short",
            outcome: .message,
            text: """
                MESSAGE sip:kumiko@example.org SIP/2.0
                Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport
                Max-Forwards: 70
                Route: <sip:127.0.0.1:5080>
                Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMVbnVq37CD+813gvYjcBUaZngQmXc9WNZSDNGCzA+fWl9MEUHWIZo1CeJebdY/XlgKeTa0Olvq0rt70Q5jiSfbqMJmQFteeivUhkMWYUA=
                Contact: <sip:fluffy@127.0.0.1:5070>
                To: <sip:kumiko@example.org>
                From: <sip:fluffy@example.com>;tag=2fb0dcc9
                Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..
                CSeq: 1 MESSAGE
                Content-Transfer-Encoding: binary
                Content-Type: multipart/mixed;boundary=7a9cbec02ceef655
                Date: Sat, 15 Oct 2005 04:44:56 GMT
                User-Agent: SIPimp.org/0.2.5 (curses)
                Content-Length: 235

                --7a9cbec02ceef655
                Content-Type: text/plain
                Content-Transfer-Encoding: binary

                Hello
                --7a9cbec02ceef655
                Content-Type: application/octet-stream
                Content-Transfer-Encoding: binary

                0{82}{01}R{06}{09}*{86}H{86}{F7}{0D}{01}{07}{02}{A0}{82}{01}C0{00}{0A}{0D}{FF}
                --7a9cbec02ceef655--

                """
        ),
        Torture(
            name: "escruri (3.1.2.11)",
            outcome: .message,
            text: """
                INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.net;tag=341518
                Max-Forwards: 7
                Contact: <sip:caller@host39923.example.net>
                Call-ID: escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5
                CSeq: 149209342 INVITE
                Via: SIP/2.0/UDP host-of-the-hour.example.com;branch=z9hG4bKkdjuw
                Content-Type: application/sdp
                Content-Length: \(wire(sdp).count)

                \(sdp)
                """
        ),
        Torture(
            name: "baddate (3.1.2.12)",
            outcome: .message,
            text: """
                INVITE sip:user@example.com SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.net;tag=2234923
                Max-Forwards: 70
                Call-ID: baddate.239423mnsadf3j23lj42--sedfnm234
                CSeq: 1392934 INVITE
                Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
                Date: Fri, 01 Jan 2010 16:00:00 EST
                Contact: <sip:caller@host5.example.net>
                Content-Type: application/sdp
                Content-Length: \(wire(sdp).count)

                \(sdp)
                """
        ),
        Torture(
            name: "regbadct (3.1.2.13)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: sip:user@example.com
                From: sip:user@example.com;tag=998332
                Max-Forwards: 70
                Call-ID: regbadct.k345asrl3fdbv@10.0.0.1
                CSeq: 1 REGISTER
                Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw
                Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E
                l: 0


                """
        ),
        Torture(
            name: "novelsc (3.3.3)",
            outcome: .message,
            text: """
                OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.net;tag=384
                Max-Forwards: 3
                Call-ID: novelsc.asdfasser0q239nwsdfasdkl34
                CSeq: 3923423 OPTIONS
                Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
                Content-Length: 0


                """
        ),
        Torture(
            name: "bext01 (3.3.5)",
            outcome: .message,
            text: """
                OPTIONS sip:user@example.com SIP/2.0
                To: sip:j_user@example.com
                From: sip:caller@example.net;tag=242etr
                Max-Forwards: 6
                Call-ID: bext01.0ha0isndaksdj
                Require: nothingSupportsThis, nothingSupportsThisEither
                Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
                CSeq: 8 OPTIONS
                Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
                Content-Length: 0


                """
        ),
        Torture(
            name: "invut (3.3.6)",
            outcome: .message,
            text: """
                INVITE sip:user@example.com SIP/2.0
                Contact: <sip:caller@host5.example.net>
                To: sip:j.user@example.com
                From: sip:caller@example.net;tag=8392034
                Max-Forwards: 70
                Call-ID: invut.0ha0isndaksdjadsfij34n23d
                CSeq: 235448 INVITE
                Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw
                Content-Type: application/unknownformat
                Content-Length: 40

                <audio>
                 <pcmu port="443"/>
                </audio>

                """
        ),
        Torture(
            name: "regaut01 (3.3.7)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: sip:j.user@example.com
                From: sip:j.user@example.com;tag=87321hj23128
                Max-Forwards: 8
                Call-ID: regaut01.0ha0isndaksdj
                CSeq: 9338 REGISTER
                Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw
                Authorization: NoOneKnowsThisScheme opaque-data=here
                Content-Length:0


                """
        ),
        Torture(
            name: "bcast (3.3.10)",
            outcome: .message,
            text: """
                SIP/2.0 200 OK
                Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
                Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23
                Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf
                CSeq: 35 INVITE
                From: sip:user@example.com;tag=11141343
                To: sip:user@example.edu;tag=2229
                Content-Length: \(wire(sdp).count)
                Content-Type: application/sdp
                Contact: <sip:user@host28.example.com>

                \(sdp)
                """
        ),
        Torture(
            name: "zeromf (3.3.11)",
            outcome: .message,
            text: """
                OPTIONS sip:user@example.com SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.net;tag=3ghsd41
                Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas
                CSeq: 39234321 OPTIONS
                Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i
                Max-Forwards: 0
                Content-Length: 0


                """
        ),
        Torture(
            name: "cparam01 (3.3.12)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
                Max-Forwards: 70
                From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe
                To: sip:watson@example.com
                Call-ID: cparam01.70710@saturn.example.com
                CSeq: 2 REGISTER
                Contact: sip:+19725552222@gw1.example.net;unknownparam
                l: 0


                """
        ),
        Torture(
            name: "cparam02 (3.3.13)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
                Max-Forwards: 70
                From: sip:watson@example.com;tag=838293
                To: sip:watson@example.com
                Call-ID: cparam02.70710@saturn.example.com
                CSeq: 3 REGISTER
                Contact: <sip:+19725552222@gw1.example.net;unknownparam>
                l: 0


                """
        ),
        Torture(
            name: "regescrt (3.3.14)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: sip:user@example.com
                From: sip:user@example.com;tag=8
                Max-Forwards: 70
                Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
                CSeq: 14398234 REGISTER
                Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
                M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>
                L:0


                """
        ),
        Torture(
            name: "sdp01 (3.3.15)",
            outcome: .message,
            text: """
                INVITE sip:user@example.com SIP/2.0
                To: sip:j_user@example.com
                Contact: <sip:caller@host15.example.net>
                From: sip:caller@example.net;tag=234
                Max-Forwards: 5
                Call-ID: sdp01.ndaksdj9342dasdd
                Accept: text/nobodyKnowsThis
                CSeq: 8 INVITE
                Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw
                Content-Length: \(wire(sdp).count)
                Content-Type: application/sdp

                \(sdp)
                """
        ),
    ]
}
