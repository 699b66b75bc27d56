import CLinux

/// The code of this process that lies in memory.
package enum ResidentCode {
    /// Takes all of it out of the process's memory; what is used comes back with its first use, by itself.
    ///
    /// Reading a configuration and starting everything takes a hundred times the code that a request does, and the kernel
    /// maps sixteen pages where one is wanted. None of that is wanted again, but it counts as resident for ever.
    package static func unmapUnused() { clinux_unmap_unused_code() }
}
