extension Duration {
    /// In whole seconds, of which a part of one counts as one.
    ///
    /// Zero has a meaning of its own wherever Hydra takes seconds: a consent that was to be remembered for half a second
    /// would be remembered for ever.
    var wholeSeconds: Int64 {
        let (seconds, attoseconds) = self.components
        return attoseconds > 0 && seconds < .max ? seconds + 1 : seconds
    }
}
