import OAuthModel

/// The text fields of a `multipart/form-data` body (RFC 7578).
///
/// Files are fields like any other: nobody sends one here.
struct MultipartForm {
    let parameters: [FormURLEncoded.Parameter]

    init?(_ body: [UInt8], boundary: String) {
        guard !boundary.isEmpty, boundary.utf8.count <= Self.boundaryBytesMax else { return nil }
        // A line break in front lets the first delimiter look like the others.
        let pieces = (Array("\r\n".utf8) + body).split(at: Array("\r\n--\(boundary)".utf8))
        guard pieces.count >= 2, pieces.count <= FormURLEncoded.parametersMax + 2,
            pieces[pieces.count - 1].starts(with: Array("--".utf8))
        else { return nil }
        var parameters: [FormURLEncoded.Parameter] = []
        for piece in pieces[1..<(pieces.count - 1)] {
            guard let parameter = Self.parameter(piece) else { return nil }
            parameters.append(parameter)
        }
        self.parameters = parameters
    }

    /// RFC 2046 §5.1.1.
    private static let boundaryBytesMax = 70

    /// One part: fields, an empty line, the value.
    private static func parameter(_ piece: ArraySlice<UInt8>) -> FormURLEncoded.Parameter? {
        let halves = Array(piece).split(at: Array("\r\n\r\n".utf8), most: 1)
        guard halves.count == 2, let head = String(validating: halves[0], as: UTF8.self),
            let value = String(validating: halves[1], as: UTF8.self)
        else { return nil }
        for line in head.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else {
                continue
            }
            let disposition = MediaTypeField(String(line[line.index(after: colon)...]))
            guard disposition.name == "form-data", let name = disposition.parameters["name"] else { return nil }
            return FormURLEncoded.Parameter(name: name, value: value)
        }
        return nil
    }
}

extension [UInt8] {
    /// The pieces between occurrences of `mark`, from the left, at most `most` cuts.
    fileprivate func split(at mark: [UInt8], most: Int = .max) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index + mark.count <= self.count, pieces.count < most {
            if self[index] == mark[0], self[index..<(index + mark.count)].elementsEqual(mark) {
                pieces.append(self[start..<index])
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        pieces.append(self[start...])
        return pieces
    }
}
