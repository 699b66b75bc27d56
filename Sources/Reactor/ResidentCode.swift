import CLinux

/// The code of this process that lies in memory.
package enum ResidentCode {
    /// Takes all of it out of the process's memory; what is used comes back with its first use, by itself.
    ///
    /// Reading a configuration and starting everything takes far more code than a request does, and for each page that is
    /// wanted the kernel maps those around it. Little of that is wanted again before the next reload, but it would stay
    /// resident.
    package static func unmapUnused() { clinux_unmap_unused_code() }
}
