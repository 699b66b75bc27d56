/// Finds the word that was probably meant, among those that a file or a document may have in its place.
///
/// Here because whoever reads what people write by hand, a configuration or a seed, says so in the same words.
package enum NearestWord {
    /// What would be right instead of an unknown word.
    package static func remedy(for word: String, among known: [String]) -> String {
        if let nearest = self.nearest(to: word, among: known) { return "did you mean `\(nearest)`?" }
        return known.isEmpty ? "leave it out" : self.list(known)
    }

    /// Whether this is a word as keys are: letters, digits, `_` and `-`, at most 64 of them.
    ///
    /// Where it is not, a message had better not show it: it may be a secret that stands where a key belongs.
    package static func isPlainWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                ($0 | 0x20) &- 0x61 < 26 || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
            }
    }

    /// The known word at the smallest distance, if that is at most a third of the word's length.
    static func nearest(to word: String, among known: [String]) -> String? {
        let folded = Self.folded(word)
        guard folded.count <= 64 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = self.distance(folded, Self.folded(candidate))
            if distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, folded.count / 3) else { return nil }
        return best.word
    }

    /// Case and the choice between `-` and `_` are no difference.
    private static func folded(_ word: String) -> [UInt8] {
        word.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) }
    }

    /// Insertions, deletions, replacements and swapped neighbours between two words (Damerau).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    previous[column] + (byte == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }

    /// Those that there are, or the first of them.
    private static func list(_ known: [String]) -> String {
        let more = known.count - self.shownMax
        return "known are " + known.prefix(self.shownMax).map { "`\($0)`" }.joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
    }

    /// A route has fewer keys; all of a client's would fill the screen.
    private static let shownMax = 24
}
