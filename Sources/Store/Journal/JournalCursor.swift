import CallCenter
import Glibc

/// Up to where a reader of the journal is done, in a small mapped file.
///
/// Two places are written in turn, each with a checksum: one of them is whole whatever happens while the other is
/// written.
struct JournalCursor: ~Copyable {
    struct Value: Equatable {
        /// Rises from one writing to the next.
        var generation: UInt64 = 0
        /// The first entry that is not done.
        var sequence: UInt64 = 1
        /// The last call number (`cid`) among those that are done.
        var callNumber: Int32 = 0
    }

    private static let size = 4_096
    private static let slot = 64

    private let memory: UnsafeMutableRawBufferPointer
    private(set) var value: Value
    /// Neither place was whole.
    let isDamaged: Bool

    init(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError.system(path, "cannot be opened", errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw JournalError.system(path, "cannot be opened", errno) }
        let isNew = status.st_size < Self.size
        let reserved = isNew ? posix_fallocate(descriptor, 0, off_t(Self.size)) : 0
        guard reserved == 0 else { throw JournalError.system(path, "cannot get \(Self.size) bytes", reserved) }
        let pages = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let pages, pages != MAP_FAILED else { throw JournalError.system(path, "cannot be mapped", errno) }
        memory = UnsafeMutableRawBufferPointer(start: pages, count: Self.size)
        let bytes = UnsafeRawBufferPointer(start: pages, count: Self.size)
        let slots = [0, 1].compactMap { Self.read(bytes, at: $0 * Self.slot) }
        value = slots.max { $0.generation < $1.generation } ?? Value()
        // A new one is zero until the reader is done with something.
        isDamaged = slots.isEmpty && bytes.contains { $0 != 0 }
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    /// Notes that all below `sequence` is done.
    mutating func move(to sequence: UInt64, callNumber: Int32) {
        value = Value(generation: value.generation + 1, sequence: sequence, callNumber: callNumber)
        let place = Int(value.generation % 2) * Self.slot
        memory.storeBytes(of: value.generation.littleEndian, toByteOffset: place, as: UInt64.self)
        memory.storeBytes(of: value.sequence.littleEndian, toByteOffset: place + 8, as: UInt64.self)
        memory.storeBytes(of: value.callNumber.littleEndian, toByteOffset: place + 16, as: Int32.self)
        let sum = Self.sum(UnsafeRawBufferPointer(memory), at: place)
        memory.storeBytes(of: sum.littleEndian, toByteOffset: place + 24, as: UInt32.self)
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Value? {
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 24, as: UInt32.self))
        let generation = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        guard generation > 0, sum == Self.sum(bytes, at: place) else { return nil }
        return Value(
            generation: generation,
            sequence: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)),
            callNumber: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 16, as: Int32.self))
        )
    }

    private static func sum(_ bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
        Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[place..<place + 20]))
    }
}
