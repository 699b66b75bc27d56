import FoundationEssentials

/// Reads the few files a configuration consists of: itself and the secrets it names.
package enum ConfigurationFiles {
    package enum Failure: Error, Hashable {
        case missing
        case unreadable
        case isFolder
        case tooLong(bytesMax: Int)

        package var summary: String {
            switch self {
            case .missing: "does not exist"
            case .unreadable: "cannot be read"
            case .isFolder: "is a folder"
            case .tooLong(let bytesMax): "is longer than \(bytesMax) bytes"
            }
        }
    }

    /// A file's bytes; `bytesMax` is checked before anything is read where the file has a length.
    package static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        guard let attributes = self.attributes(of: path) else {
            throw FileManager.default.fileExists(atPath: path) ? .unreadable : .missing
        }
        switch attributes[.type] as? FileAttributeType {
        case .typeDirectory: throw .isFolder
        // A device may never end.
        case .typeCharacterSpecial, .typeBlockSpecial, .typeSocket: throw .unreadable
        default: break
        }
        if let size = self.number(attributes[.size]), size > UInt64(bytesMax) { throw .tooLong(bytesMax: bytesMax) }
        guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable }
        guard data.count <= bytesMax else { throw .tooLong(bytesMax: bytesMax) }
        return Array(data)
    }

    /// Whether every user of the machine may read the file.
    static func isReadableByEverybody(_ path: String) -> Bool {
        guard let mode = self.number(self.attributes(of: path)?[.posixPermissions]) else { return false }
        return mode & 0o004 != 0
    }

    /// A plain number, or one in a box: that is what all of Foundation, which the YAML library brings, makes of it.
    private static func number(_ attribute: Any?) -> UInt64? {
        if let number = attribute as? UInt { return UInt64(number) }
        return attribute as? UInt64
    }

    /// Of the file itself, not of a link to it: mounted secrets are links.
    private static func attributes(of path: String) -> [FileAttributeKey: Any]? {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        return try? FileManager.default.attributesOfItem(atPath: target)
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
