import Testing

@testable import Systemd

@Suite("What a service tells its manager")
struct ServiceNoticeTests {
    @Test(
        "each notice has the assignments of sd_notify(3)",
        arguments: [
            (ServiceNotice.ready(status: "ready for calls"), "READY=1\nSTATUS=ready for calls"),
            (.status("3 talking"), "STATUS=3 talking"),
            (.watchdog, "WATCHDOG=1"),
            (.reloading(microseconds: 1_234_567), "RELOADING=1\nMONOTONIC_USEC=1234567"),
            (.stopping(status: "bye"), "STOPPING=1\nSTATUS=bye"),
            (.extendTimeout(microseconds: 20_000_000), "EXTEND_TIMEOUT_USEC=20000000"),
            (.store(name: "udp_127.0.0.1_5060"), "FDSTORE=1\nFDNAME=udp_127.0.0.1_5060"),
            (.forget(name: "udp_127.0.0.1_5060"), "FDSTOREREMOVE=1\nFDNAME=udp_127.0.0.1_5060"),
            (.failed(errno: 98, status: "in use"), "ERRNO=98\nSTATUS=in use"),
        ]
    )
    func assignments(notice: ServiceNotice, text: String) {
        #expect(notice.assignments == text)
    }

    @Test(
        "a descriptor is stored under a name that the manager takes",
        arguments: [
            ("udp:127.0.0.1:5060", "udp_127.0.0.1_5060"), ("tcp:[::1]:5060", "tcp_[__1]_5060"),
            ("a b\n\u{E9}", "a_b__"),
            (String(repeating: "x", count: 300), String(repeating: "x", count: 255)),
        ]
    )
    func names(text: String, name: String) {
        #expect(StoredDescriptor.name(text) == name)
    }

    @Test("a status keeps to its line, whatever is in it")
    func oneLine() {
        #expect(ServiceNotice.status("bad\nMAINPID=1\r\nX\u{0}").assignments == "STATUS=bad MAINPID=1 X ")
    }
}
