internal import Glibc
internal import NIOSSL

/// The roots in a folder: every certificate in PEM in its files, whatever they are called. The library itself would find only those
/// that bear the names that `openssl rehash` gives, and without any it would trust nobody and say nothing.
enum RootFolder {
    /// Each certificate once; a folder of the system has most by several names. What is no certificate is passed over.
    ///
    /// - Returns: nil if the path is no folder that can be read.
    static func certificates(in path: String) -> [NIOSSLCertificate]? {
        guard let names = names(in: path) else { return nil }
        var known: Set<NIOSSLCertificate> = []
        return names.sorted().flatMap { name in
            ((try? NIOSSLCertificate.fromPEMFile("\(path)/\(name)")) ?? []).filter { known.insert($0).inserted }
        }
    }

    private static func names(in path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            // A FIFO would not let us go; not every file system tells the type.
            guard [DT_REG, DT_LNK, DT_UNKNOWN].contains(Int(entry.pointee.d_type)) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
