import CNetSNMP
import Glibc
import Telemetry

extension cnetsnmp_instance {
    /// - Parameter masterStarted: when the master's sysUpTime was 0, on the core's clock, in milliseconds.
    init(_ instance: ManagedTree.Instance, masterStarted: Int64) {
        self.init()
        fill(instance, masterStarted: masterStarted)
    }

    /// Writes name and value where they are to be, and nothing else: these are 800 bytes, of which a short name and a number take
    /// some dozens.
    mutating func fill(_ instance: ManagedTree.Instance, masterStarted: Int64) {
        name_length = min(instance.name.count, Int(CNETSNMP_LONGEST_NAME))
        withUnsafeMutableBytes(of: &name) { $0.copy(instance.name.prefix(name_length)) }
        switch instance.value {
        case .integer(let value):
            type = CNETSNMP_INTEGER
            number = UInt64(UInt32(bitPattern: value))
        case .gauge(let value):
            type = CNETSNMP_GAUGE32
            number = UInt64(value)
        case .counter64(let value):
            type = CNETSNMP_COUNTER64
            number = value
        case .ticks(let value):
            type = CNETSNMP_TIMETICKS
            number = UInt64(value)
        case .timeStamp(let moment):
            // What happened before the master started has the value 0 (RFC 2579).
            type = CNETSNMP_TIMETICKS
            number = UInt64(UInt32(truncatingIfNeeded: max(0, moment - masterStarted) / 10))
        case .octets(let value):
            type = CNETSNMP_OCTETS
            octets_length = min(value.count, Int(CNETSNMP_LONGEST_OCTETS))
            withUnsafeMutableBytes(of: &octets) { $0.copy(value.prefix(octets_length)) }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Elements from the start, as many as fit.
    fileprivate func copy<Element: BitwiseCopyable>(_ elements: ArraySlice<Element>) {
        elements.withUnsafeBytes { source in
            copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(count)))
        }
    }
}

/// Milliseconds of the clock that is also the core's.
func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
