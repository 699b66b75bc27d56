import CLinux

/// Core files of this process: there are none, since its memory holds tokens, client secrets and keys.
package enum CoreFiles {
    /// From now on no core file is written and no debugger of the same user may attach; root still may.
    ///
    /// A system that refuses is no reason not to serve.
    /// - Returns: whether the system agreed.
    @discardableResult
    package static func forbid() -> Bool { clinux_forbid_core() == 0 }
}
