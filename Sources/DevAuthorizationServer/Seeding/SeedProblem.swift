/// One thing wrong with a seed, and where in the document.
///
/// Names members and never shows a value: that may be a secret in the wrong place.
package struct SeedProblem: Error, Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case member(String)
        case element(Int)
    }

    package var path: [Step]
    package var message: String
    /// What would be right.
    package var remedy: String
    /// Whether the member's name at the end of the path is wrong, and not its value.
    package var isAboutName: Bool

    /// For the caller of a library, who has no lines: `clients[0].scope: …`.
    package var text: String {
        var place = ""
        for step in self.path {
            switch step {
            case .member(let name): place += (place.isEmpty ? "" : ".") + SeedCheck.bare(name)
            case .element(let index): place += "[\(index)]"
            }
        }
        return (place.isEmpty ? "" : place + ": ") + "\(self.message) (\(self.remedy))"
    }
}
