import SIP

/// Messages of RFC 4475, "SIP Torture Test Messages", and what becomes of each here.
struct Torture: Sendable {
    var name: String
    var outcome: Outcome
    var text: String
    /// Escapes that a multi-line literal cannot show: they stand as `{HEX}` in `text`.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var rest = wire(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "{"), let close = rest.firstIndex(of: UInt8(ascii: "}")),
                rest.startIndex + 2 == close,
                let code = UInt8(String(decoding: rest[..<close], as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest[(close + 1)...]
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    static let sdp = """
        v=0
        o=mhandley 29739 7272939 IN IP4 192.0.2.5
        s=-
        c=IN IP4 192.0.2.5
        t=0 0
        m=audio 49217 RTP/AVP 0 12
        m=video 3227 RTP/AVP 31
        a=rtpmap:31 LPC

        """

    static let valid = [
        Torture(
            name: "wsinv (3.1.1.1)",
            outcome: .message,
            text: """
                INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
                TO :
                 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
                from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
                  ;
                  tag = 98asjd8
                MaX-fOrWaRdS: 0068
                Call-ID: wsinv.ndaksdj@192.0.2.1
                Content-Length   : 150
                cseq: 0009
                  INVITE
                Via  : SIP  /   2.0
                 /UDP
                    192.0.2.2;branch=390skdjuw
                s :
                NewFangledHeader:   newfangled value
                 continued newfangled value
                UnknownHeaderWithUnusualValue: ;;,,;;,;
                Content-Type: application/sdp
                Route:
                 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
                v:  SIP  / 2.0  / TCP     spindle.example.com   ;
                  branch  =   z9hG4bK9ikj8  ,
                 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
                 z9hG4bK30239
                m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
                      newvalue ;
                  secondparam ; q = 0.33

                v=0
                o=mhandley 29739 7272939 IN IP4 192.0.2.3
                s=-
                c=IN IP4 192.0.2.4
                t=0 0
                m=audio 49217 RTP/AVP 0 12
                m=video 3227 RTP/AVP 31
                a=rtpmap:31 LPC

                """
        ),
        Torture(
            name: "intmeth (3.1.1.2)",
            outcome: .message,
            text: """
                !interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
                Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
                To: "BEL:\\{07} NUL:\\{00} DEL:\\{7F}" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
                From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="\u{440}\u{430}\u{431}";tag=_token~1'+`*%!-.
                Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/"][?}{
                CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
                Max-Forwards: 255
                extensionHeader-!.%*+_`'~:\u{FEFF}\u{5927}\u{505C}\u{96FB}
                Content-Length: 0


                """
        ),
        Torture(
            name: "esc01 (3.1.1.3)",
            outcome: .message,
            text: """
                INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
                To: sip:%75se%72@example.com
                From: <sip:I%20have%20spaces@example.net>;tag=938
                Max-Forwards: 87
                i: esc01.239409asdfakjkn23onasd0-3234
                CSeq: 234234 INVITE
                Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
                C: application/sdp
                Contact:
                  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
                Content-Length: \(wire(sdp).count)

                \(sdp)
                """
        ),
        Torture(
            name: "escnull (3.1.1.4)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: sip:null-%00-null@example.com
                From: sip:null-%00-null@example.com;tag=839923423
                Max-Forwards: 70
                Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
                CSeq: 14398234 REGISTER
                Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
                Contact: <sip:%00@host5.example.com>
                Contact: <sip:%00%00@host5.example.com>
                L:0


                """
        ),
        Torture(
            name: "esc02 (3.1.1.5)",
            outcome: .message,
            text: """
                RE%47IST%45R sip:registrar.example.com SIP/2.0
                To: "%Z%45" <sip:resource@example.com>
                From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
                Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
                Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
                CSeq: 29344 RE%47IST%45R
                Max-Forwards: 70
                Contact: <sip:alias1@host1.example.com>
                C%6Fntact: <sip:alias2@host2.example.com>
                Contact: <sip:alias3@host3.example.com>
                l: 0


                """
        ),
        Torture(
            name: "lwsdisp (3.1.1.6)",
            outcome: .message,
            text: """
                OPTIONS sip:user@example.com SIP/2.0
                To: sip:user@example.com
                From: caller<sip:caller@example.com>;tag=323
                Max-Forwards: 70
                Call-ID: lwsdisp.1234abcd@funky.example.com
                CSeq: 60 OPTIONS
                Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
                l: 0


                """
        ),
        Torture(
            name: "dblreq (3.1.1.8)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: sip:j.user@example.com
                From: sip:j.user@example.com;tag=43251j3j324
                Max-Forwards: 8
                I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
                Contact: sip:j.user@host.example.com
                CSeq: 8 REGISTER
                Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
                Content-Length: 0


                INVITE sip:joe@example.com SIP/2.0
                t: sip:joe@example.com
                From: sip:caller@example.net;tag=141334
                """
        ),
        Torture(
            name: "semiuri (3.1.1.9)",
            outcome: .message,
            text: """
                OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
                To: sip:j_user@example.com
                From: sip:caller@example.org;tag=33242
                Max-Forwards: 3
                Call-ID: semiuri.0ha0isndaksdj
                CSeq: 8 OPTIONS
                Accept: application/sdp, application/pkcs7-mime,
                        multipart/mixed, multipart/signed,
                        message/sip, message/sipfrag
                Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
                l: 0


                """
        ),
        Torture(
            name: "transports (3.1.1.10)",
            outcome: .message,
            text: """
                OPTIONS sip:user@example.com SIP/2.0
                To: sip:user@example.com
                From: <sip:caller@example.com>;tag=323
                Max-Forwards: 70
                Call-ID:  transports.kijh4akdnaqjkwendsasfdj
                Accept: application/sdp
                CSeq: 60 OPTIONS
                Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
                Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
                Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
                Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
                Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
                l: 0


                """
        ),
        Torture(
            name: "unreason (3.1.1.12)",
            outcome: .message,
            text: """
                SIP/2.0 200 = 2**3 * 5**2 \u{43D}\u{43E} \u{441}\u{442}\u{43E}
                Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
                Call-ID: unreason.1234ksdfak3j2erwedfsASdf
                CSeq: 35 INVITE
                From: sip:user@example.com;tag=11141343
                To: sip:user@example.edu;tag=2229
                Content-Length: 0
                Contact: <sip:user@host198.example.com>


                """
        ),
        Torture(
            name: "noreason (3.1.1.13)",
            outcome: .message,
            text: """
                SIP/2.0 100\u{20}
                Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
                Call-ID: noreason.asndj203insdf99223ndf
                CSeq: 35 INVITE
                From: <sip:user@example.com>;tag=39ansfi3
                To: <sip:user@example.edu>;tag=902jndnke3
                Content-Length: 0
                Contact: <sip:user@host105.example.com>


                """
        ),
        Torture(
            name: "badbranch (3.2.1), for the transaction layer to see",
            outcome: .message,
            text: """
                OPTIONS sip:user@example.com SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.org;tag=33242
                Max-Forwards: 3
                Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
                Accept: application/sdp
                Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
                CSeq: 8 OPTIONS
                l: 0


                """
        ),
        Torture(
            name: "unkscm (3.3.2), for the user agent to answer 416",
            outcome: .message,
            text: """
                OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0
                To: sip:user@example.com
                From: sip:caller@example.net;tag=384
                Max-Forwards: 3
                Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34
                CSeq: 3923423 OPTIONS
                Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
                Content-Length: 0


                """
        ),
        Torture(
            name: "unksm2 (3.3.4)",
            outcome: .message,
            text: """
                REGISTER sip:example.com SIP/2.0
                To: isbn:2983792873
                From: <http://www.example.com>;tag=3234233
                Call-ID: unksm2.daksdj@hyphenated-host.example.com
                CSeq: 234902 REGISTER
                Max-Forwards: 70
                Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw
                Contact: <name:John_Smith>
                l: 0


                """
        ),
        Torture(
            name: "inv2543 (3.4.1)",
            outcome: .message,
            text: """
                INVITE sip:UserB@example.com SIP/2.0
                Via: SIP/2.0/UDP iftgw.example.com
                From: <sip:+13035551111@ift.client.example.net;user=phone>
                Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
                To: sip:+16505552222@ss1.example.net;user=phone
                Call-ID: inv2543.1717@ift.client.example.com
                CSeq: 56 INVITE
                Content-Type: application/sdp

                \(sdp)
                """
        ),
    ]
}

extension Torture {
    static let all = valid + invalid + applications + ipv6

    /// As the RFC calls it: `wsinv`.
    var shortName: String { String(name.prefix { $0 != " " && $0 != "," }) }
}

extension Torture: CustomStringConvertible {
    var description: String { name }
}
