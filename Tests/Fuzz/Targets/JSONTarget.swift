import OAuthModel

/// A JSON text (RFC 8259), as tokens, key sets and answers are written in.
///
/// What is read is JSON by the grammar, and what is JSON is read unless it breaks one of our own limits; written again it is
/// the same value.
enum JSONTarget {
    static func run(_ bytes: [UInt8]) {
        let plain = PlainJSON(bytes)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(bytes)
        } catch {
            insist((0...bytes.count).contains(error.offset), "a problem stands within the text")
            switch error.reason {
            case .tooDeep, .tooLarge, .exponentTooLong: break
            case .duplicateMember:
                insist(plain == nil || plain?.hasDuplicate == true, "a duplicate member is there twice")
            default: insist(plain == nil, "JSON of the grammar is read: \(error)")
            }
            return
        }
        let grammatical = insist(plain, "what is read is JSON of the grammar")
        insist(!grammatical.hasDuplicate, "RFC 8259 §4: no member twice")
        let written = JSONWriter.write(value)
        guard let again = try? JSONReader.read(written, limits: JSONLimits(bytes: .max)) else {
            end("finding: what is written is read")
        }
        insist(again == value && again.hashValue == value.hashValue, "what is written and read is the same value")
        insist(JSONWriter.write(again) == written, "a value is written in one way")
        self.insistOnNumbers(in: value)
    }

    private static func insistOnNumbers(in value: JSONValue) {
        switch value {
        case .null, .bool, .string: break
        case .array(let elements): for element in elements { self.insistOnNumbers(in: element) }
        case .object(let object):
            for member in object.members {
                insist(object[member.name] == member.value, "a member is found by its name")
                self.insistOnNumbers(in: member.value)
            }
        case .number(let number):
            insist(JSONNumber(number.text) == number, "a number is its text")
            if let whole = number.int64 { insist(JSONNumber(whole) == number, "a whole number is its value") }
            let down = NumericDate(number, rounding: .down)
            let up = NumericDate(number, rounding: .up)
            if let down, let up {
                insist(down <= up && up.seconds - down.seconds <= 1, "rounding moves by less than a second")
                if number.int64 != nil { insist(down == up, "a whole second is not rounded") }
            }
        }
    }
}
