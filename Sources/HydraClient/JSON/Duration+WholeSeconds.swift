extension Duration {
    /// In whole seconds, of which a part of one counts as one; what 64 bits cannot say stops at their ends.
    ///
    /// Zero has a meaning of its own wherever Hydra takes seconds: a consent that was to be remembered for half a second
    /// would be remembered for ever.
    var wholeSeconds: Int64 {
        // Brought into range first: the components of what has more than 64 bits of seconds trap.
        let (seconds, attoseconds) = min(max(self, .seconds(Int64.min)), .seconds(Int64.max)).components
        return attoseconds > 0 && seconds < .max ? seconds + 1 : seconds
    }
}
