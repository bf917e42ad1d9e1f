import CNetSNMP
import Telemetry
import Testing

@testable import SNMPAgent

@Suite("Values as libnetsnmp takes them")
struct InstanceTests {
    private func instance(_ value: ManagedValue, masterStarted: Int64 = 0) -> cnetsnmp_instance {
        cnetsnmp_instance(.init(name: [1, 3, 6], value: value), masterStarted: masterStarted)
    }

    @Test("numbers keep their value and sign")
    func numbers() {
        #expect(instance(.integer(-1)).number == 0xFFFF_FFFF)
        #expect(instance(.integer(-1)).type == CNETSNMP_INTEGER)
        #expect(instance(.gauge(.max)).number == 4_294_967_295)
        #expect(instance(.counter64(.max)).number == .max)
        #expect(instance(.ticks(7)).type == CNETSNMP_TIMETICKS)
    }

    @Test("a moment is what the master's sysUpTime was then, and 0 if that was before its start")
    func moments() {
        #expect(instance(.timeStamp(61_239), masterStarted: 60_000).number == 123)
        #expect(instance(.timeStamp(59_999), masterStarted: 60_000).number == 0)
        // sysUpTime wraps around after 497 days.
        #expect(instance(.timeStamp(42_949_672_970), masterStarted: 0).number == 1)
    }

    @Test("octets and names are copied, as far as they fit")
    func copies() {
        var octets = instance(.octets([1, 2, 3]))
        #expect(octets.octets_length == 3)
        withUnsafeBytes(of: &octets.octets) { #expect(Array($0.prefix(4)) == [1, 2, 3, 0]) }
        withUnsafeBytes(of: &octets.name) { #expect(Array($0.bindMemory(to: UInt32.self).prefix(4)) == [1, 3, 6, 0]) }
        #expect(octets.name_length == 3)
        #expect(instance(.octets(Array(repeating: 7, count: 1_000))).octets_length == 256)
        let long = cnetsnmp_instance(
            .init(name: Array(repeating: 9, count: 500), value: .gauge(0)),
            masterStarted: 0
        )
        #expect(long.name_length == 128)
    }
}
