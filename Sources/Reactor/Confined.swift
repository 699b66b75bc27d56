/// A reference that belongs to one loop, on its way through another thread and back.
///
/// Unchecked: the value can be put in only on the loop's thread (it needs the loop, which cannot be sent) and taken out
/// only there (it needs the same loop); other threads hold it without touching it.
package struct Confined<Value>: @unchecked Sendable {
    private let value: Value
    private let owner: ObjectIdentifier

    package init(_ value: Value, to loop: Loop) {
        self.value = value
        self.owner = ObjectIdentifier(loop)
    }

    package func open(on loop: Loop) -> Value {
        precondition(ObjectIdentifier(loop) == self.owner, "a confined value is opened on the loop it belongs to")
        return self.value
    }
}
