import OAuthModel

/// A list of strings in one column, as JSON.
enum StringListText {
    static func encode(_ list: [String]) -> String {
        String(decoding: JSONWriter.write(.strings(list)), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> [String] {
        guard let list = try? JSONReader.read(Array(text.utf8), limits: JSONBody.storedLimits).stringListValue else {
            throw DevAuthorizationServerError(.databaseUnusable, "a stored list is damaged")
        }
        return list
    }
}
