import CallCenter
import Glibc
import Synchronization

/// A file of the journal: preallocated, mapped into memory, written from the front.
///
/// Header: magic (8 bytes), the number of the first entry (8), their CRC-32C (4); entries from byte 64 on. A segment
/// without magic is free. From byte 32 on: when its owner was last alive (milliseconds since 1970, 8) and the CRC-32C of that (4).
/// From byte 48 on: the size of the file (8; 0 in files of earlier versions).
///
/// What lies below `end` never changes until the file is used again, which the journal does when all have read it; that is
/// why it may be read without a lock. The file is then another object.
final class JournalSegment: @unchecked Sendable {
    static let headerSize = 64
    private static let magic: UInt64 = 0x314A_4343_6C6C_6163

    let path: String
    private let descriptor: CInt
    private let memory: UnsafeMutableRawBufferPointer
    /// The number of its first entry. Changes only while nobody else has it.
    private(set) var first: UInt64 = 0
    /// Where the next entry goes.
    private let published = Atomic<Int>(JournalSegment.headerSize)
    /// Up to where it is on the disk.
    private let synced = Atomic<Int>(JournalSegment.headerSize)
    /// Its folder on the disk has it.
    private let isNamed = Atomic<Bool>(false)

    var end: Int { published.load(ordering: .acquiring) }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

    /// What the name of a file ends in that is being made.
    static let unfinished = ".new"

    /// Makes a file of this size, its blocks reserved, and maps it: writing into it cannot fail for lack of room. It gets its name
    /// when it is whole: a process that dies before leaves none that looks damaged.
    static func create(_ path: String, size: Int) throws(StoreError) -> JournalSegment {
        let made = path + unfinished
        let descriptor = Glibc.open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError.system(path, "cannot be created", errno) }
        let status = posix_fallocate(descriptor, 0, off_t(size))
        guard status == 0 else {
            close(descriptor)
            unlink(made)
            throw JournalError.system(path, "cannot get \(size) bytes", status)
        }
        do throws(StoreError) {
            let segment = try JournalSegment(path, descriptor, size: size)
            guard rename(made, path) == 0 else { throw JournalError.system(path, "cannot be created", errno) }
            return segment
        } catch {
            unlink(made)
            throw error
        }
    }

    /// Maps a file that is there; nil if it is too short to be one.
    static func open(existing path: String) throws(StoreError) -> JournalSegment? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError.system(path, "cannot be opened", errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw JournalError.system(path, "cannot be opened", code)
        }
        guard status.st_size >= headerSize else {
            close(descriptor)
            return nil
        }
        return try JournalSegment(path, descriptor, size: Int(status.st_size))
    }

    /// Takes over the descriptor, also on failure.
    private init(_ path: String, _ descriptor: CInt, size: Int) throws(StoreError) {
        let pages = size >= Self.headerSize ? mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : nil
        guard let pages, pages != MAP_FAILED else {
            let code = size >= Self.headerSize ? errno : EINVAL
            close(descriptor)
            throw JournalError.system(path, "cannot be mapped", code)
        }
        self.path = path
        self.descriptor = descriptor
        memory = UnsafeMutableRawBufferPointer(start: pages, count: size)
    }

    deinit {
        munmap(memory.baseAddress, memory.count)
        close(descriptor)
    }

    // MARK: - Use

    /// What the header says.
    enum Header {
        case free, inUse
        /// It was damaged, and is right again: the first entry says what it said.
        case mended
        case damaged
    }

    /// Reads the header, and so the number of the first entry.
    func readHeader() -> Header {
        let magic = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        guard magic != 0 else { return .free }
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        if magic == Self.magic, sum == headerSum {
            first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return .inUse
        }
        guard case .entry(let sequence, _, _, _) = JournalFrame.read(bytes, at: Self.headerSize) else {
            return .damaged
        }
        writeHeader(first: sequence)
        return .mended
    }

    private var headerSum: UInt32 { Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[0..<16])) }

    /// Bytes of the end that the file does not have any more.
    var missing: Int {
        let made = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: Self.size, as: UInt64.self))
        return max(0, Int(clamping: made) - bytes.count)
    }

    private static let size = 48

    /// Takes a free segment into use. The magic comes last: a process that dies before leaves a free one, not a damaged one.
    func begin(with first: UInt64) {
        memory.storeBytes(of: 0, toByteOffset: Self.headerSize, as: UInt64.self)
        memory.storeBytes(of: UInt64(memory.count).littleEndian, toByteOffset: Self.size, as: UInt64.self)
        writeHeader(first: first)
        synced.store(0, ordering: .relaxed)
        published.store(Self.headerSize, ordering: .releasing)
    }

    private func writeHeader(first: UInt64) {
        self.first = first
        memory.storeBytes(of: first.littleEndian, toByteOffset: 8, as: UInt64.self)
        let sum = withUnsafeBytes(of: (Self.magic.littleEndian, first.littleEndian)) { Checksum.crc32c($0) }
        memory.storeBytes(of: sum.littleEndian, toByteOffset: 16, as: UInt32.self)
        memory.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt64.self)
    }

    // MARK: - A sign of life

    private static let sign = 32

    /// Notes that its owner lives at this moment, time of day. One thread at a time.
    func markAlive(at moment: Milliseconds) {
        memory.storeBytes(of: moment.littleEndian, toByteOffset: Self.sign, as: Milliseconds.self)
        let sum = withUnsafeBytes(of: moment.littleEndian) { Checksum.crc32c($0) }
        memory.storeBytes(of: sum.littleEndian, toByteOffset: Self.sign + 8, as: UInt32.self)
    }

    /// When its owner was last alive; nil if that is not known.
    var lastAlive: Milliseconds? {
        let moment = bytes.loadUnaligned(fromByteOffset: Self.sign, as: Milliseconds.self)
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Self.sign + 8, as: UInt32.self))
        guard moment != 0, sum == withUnsafeBytes(of: moment, { Checksum.crc32c($0) }) else { return nil }
        return Milliseconds(littleEndian: moment)
    }

    // MARK: - The end

    /// Gives it free for another use; its entries are no more.
    func free() {
        memory.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
        // Nor do they come back should damage make it look as if it was in use.
        memory.storeBytes(of: 0, toByteOffset: Self.headerSize, as: UInt64.self)
        published.store(Self.headerSize, ordering: .releasing)
    }

    /// What was found when it was read anew.
    func setEnd(_ end: Int) { published.store(end, ordering: .releasing) }

    /// - Returns: whether the entry had room.
    func append(sequence: UInt64, kind: UInt32, payload: UnsafeRawBufferPointer) -> Bool {
        let place = published.load(ordering: .relaxed)
        guard
            let next = JournalFrame.write(sequence: sequence, kind: kind, payload: payload, to: memory, at: place)
        else { return false }
        published.store(next, ordering: .releasing)
        return true
    }

    /// Puts on the disk what is not there yet. Blocks.
    func sync() throws(StoreError) {
        let end = self.end
        guard synced.load(ordering: .relaxed) != end else { return }
        guard fdatasync(descriptor) == 0 else { throw JournalError.system(path, "cannot be written", errno) }
        try name()
        synced.store(end, ordering: .relaxed)
    }

    /// A file whose entry in its folder is lost is lost with all that is in it (fsync(2)).
    private func name() throws(StoreError) {
        guard !isNamed.load(ordering: .relaxed) else { return }
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let folder = Glibc.open(end == path.startIndex ? "." : String(path[..<end]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw JournalError.system(path, "cannot be entered into its folder", errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw JournalError.system(path, "cannot be entered into its folder", errno) }
        isNamed.store(true, ordering: .relaxed)
    }
}

/// Errors of the files of the journal.
enum JournalError {
    static func system(_ path: String, _ what: String, _ code: CInt) -> StoreError {
        StoreError(.unusable, database: path, "\(what): \(String(cString: strerror(code)))")
    }
}
