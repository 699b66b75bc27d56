import FoundationEssentials
package import JOSE

/// A key set that lies in a file (`jwks_file`): read anew each time the set is due, so that it can be replaced.
package struct KeySetFile: Sendable {
    private let path: String
    private let policy: KeyPolicy

    package init(path: String, policy: KeyPolicy) {
        self.path = path
        self.policy = policy
    }

    package func keys() throws(AuthorizationServerError) -> JSONWebKeySet {
        try KeySetEndpoint.read(try self.contents(), policy: self.policy)
    }

    private func contents() throws(AuthorizationServerError) -> [UInt8] {
        // Links are followed: that is how mounted secrets are replaced as one.
        let target = URL(filePath: self.path).resolvingSymlinksInPath().path
        // A pipe or a device would make us wait or never end.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = Self.number(attributes[.size])
        else { throw .fileUnreadable }
        let bytesMax = JSONWebKeySet.byteCountMax
        guard size <= UInt64(bytesMax) else { throw .answerTooLong(bytesMax: bytesMax) }
        guard let data = FileManager.default.contents(atPath: target) else { throw .fileUnreadable }
        guard data.count <= bytesMax else { throw .answerTooLong(bytesMax: bytesMax) }
        return [UInt8](data)
    }

    /// A plain number, or one in a box, when other modules bring all of Foundation along.
    private static func number(_ attribute: Any?) -> UInt64? {
        (attribute as? UInt).map { UInt64($0) } ?? attribute as? UInt64
    }
}
