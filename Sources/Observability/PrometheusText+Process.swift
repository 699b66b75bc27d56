import Glibc

/// What the kernel says of this process, under the names that Prometheus clients use everywhere.
package struct ProcessFigures: Sendable, Hashable {
    package var cpu: UInt64
    package var residentBytes: UInt64
    package var virtualBytes: UInt64
    package var openDescriptors: UInt64
    package var descriptorsMax: UInt64
    package var startedAt: UInt64

    /// Reads `/proc`; nil where there is none.
    package static func now() -> ProcessFigures? {
        guard let stat = ProcFile.text("/proc/self/stat"), let boot = ProcFile.text("/proc/stat") else { return nil }
        // The name in parentheses may hold anything; what follows the last one is numbers. proc(5), from field 3 on.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ").map { UInt64($0) }
        guard fields.count > 21, let user = fields[11], let system = fields[12], let start = fields[19],
            let virtual = fields[20], let pages = fields[21]
        else { return nil }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let bootTime = boot.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let bootSeconds = bootTime.flatMap({ UInt64($0.dropFirst(6)) }) else { return nil }
        return ProcessFigures(
            cpu: (user + system) * (1_000_000_000 / ticks),
            residentBytes: pages * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE)))), virtualBytes: virtual,
            openDescriptors: ProcFile.entryCount("/proc/self/fd"), descriptorsMax: Self.descriptorLimit,
            startedAt: bootSeconds * 1_000_000_000 + start * (1_000_000_000 / ticks))
    }

    private static var descriptorLimit: UInt64 {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return UInt64(limit.rlim_cur)
    }
}

extension PrometheusText {
    static func writeProcess(_ process: ProcessFigures, _ writer: inout PrometheusTextWriter) {
        writer.begin("process_cpu_seconds_total", .counter, help: "User and system time spent.")
        writer.sample(nanoseconds: process.cpu)
        writer.begin("process_resident_memory_bytes", .gauge, help: "Resident memory.")
        writer.sample(process.residentBytes)
        writer.begin("process_virtual_memory_bytes", .gauge, help: "Virtual memory.")
        writer.sample(process.virtualBytes)
        writer.begin("process_open_fds", .gauge, help: "Open descriptors.")
        writer.sample(process.openDescriptors)
        writer.begin("process_max_fds", .gauge, help: "How many descriptors may be open.")
        writer.sample(process.descriptorsMax)
        writer.begin("process_start_time_seconds", .gauge, help: "Start of the process since 1970.")
        writer.sample(nanoseconds: process.startedAt)
    }
}

/// Files and directories of `/proc`, which have no size that could be asked for first.
private enum ProcFile {
    /// `/proc/stat` has a line a core; the lines we look for come within this on every machine we know.
    private static let bytesMax = 262_144

    static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while content.count < Self.bytesMax {
            let count = unsafe part.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            content.append(contentsOf: part[0..<count])
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// Entries but `.`, `..` and the descriptor that the listing itself takes.
    static func entryCount(_ path: String) -> UInt64 {
        guard let directory = unsafe opendir(path) else { return 0 }
        defer { unsafe closedir(directory) }
        var count: UInt64 = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count > 3 ? count - 3 : 0
    }
}
