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
            (.failed(errno: 98, status: "in use"), "ERRNO=98\nSTATUS=in use"),
            (.failed(errno: nil, status: "broken"), "STATUS=broken"),
        ]
    )
    func assignments(notice: ServiceNotice, text: String) {
        #expect(notice.assignments == text)
    }

    @Test("a status keeps to its line, whatever is in it")
    func oneLine() {
        #expect(ServiceNotice.status("bad\nMAINPID=1\r\nX\u{0}").assignments == "STATUS=bad MAINPID=1 X ")
    }
}
