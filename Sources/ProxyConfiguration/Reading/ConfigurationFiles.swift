import Glibc

/// Reads the few files a configuration consists of: itself, the secrets and the keys it names.
package enum ConfigurationFiles {
    package enum Failure: Error, Hashable {
        case missing
        case unreadable
        case isFolder
        case isNoRegularFile
        case tooLong(bytesMax: Int)
        case unfinished(within: Duration)

        package var summary: String {
            switch self {
            case .missing: "does not exist"
            case .unreadable: "cannot be read"
            case .isFolder: "is a folder"
            case .isNoRegularFile: "cannot be read: it is no regular file"
            case .tooLong(let bytesMax): "is longer than \(bytesMax) bytes"
            case .unfinished(let patience): "is a pipe that is not written to its end within \(patience)"
            }
        }
    }

    /// A file's bytes; `bytesMax` is checked before anything is read where the file has a length.
    ///
    /// A device may never end, and a pipe that nobody writes to may never begin: neither may hold up a start or a reload.
    ///
    /// - Parameter takesPipe: what another program writes (`/dev/stdin`) is read to its end; that of nobody is empty.
    package static func read(
        _ path: String, bytesMax: Int, takesPipe: Bool = false, pipePatience: Duration = Self.pipePatience
    ) throws(Failure) -> [UInt8] {
        // A pipe that nobody writes to would be waited for before it can be looked at.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable }
        defer { close(descriptor) }
        // Of what was opened: what lies at the path may be something else by now.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        // Where somebody writes, it is waited for, but not for ever; where nobody does, it has ended.
        case S_IFIFO where takesPipe: break
        case S_IFDIR: throw .isFolder
        default: throw .isNoRegularFile
        }
        guard Int64(status.st_size) <= Int64(bytesMax) else { throw .tooLong(bytesMax: bytesMax) }
        return try self.contents(of: descriptor, bytesMax: bytesMax, within: pipePatience)
    }

    /// How long a program may take that writes a secret into a pipe, such as one that fetches it; a start waits as long.
    package static let pipePatience = Duration.seconds(10)

    /// Up to its end, which may have moved since its length was asked for.
    private static func contents(
        of descriptor: Int32, bytesMax: Int, within patience: Duration
    ) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        let deadline = ContinuousClock.now + patience
        while bytes.count <= bytesMax {
            let count = Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                let rest = Int32((deadline - ContinuousClock.now) / .milliseconds(1))
                guard rest > 0 else { throw .unfinished(within: patience) }
                var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&interest, 1, rest)
                continue
            }
            guard count >= 0 else { throw .unreadable }
            guard count > 0 else { return bytes }
            bytes += part.prefix(count)
        }
        throw .tooLong(bytesMax: bytesMax)
    }

    /// Whether every user of the machine may read the file.
    ///
    /// Asked of the file itself, not of a link to it: mounted secrets are links.
    static func isReadableByEverybody(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
    }

    /// A path as the configuration writes it, seen from the folder of the configuration.
    static func resolve(_ path: String, from folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
    }

    /// The folder of a file, without the last slash; empty for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/." : String(path[..<slash])
    }
}
