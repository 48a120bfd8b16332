import Glibc

/// The machine's memory.
package enum PhysicalMemory {
  package static var bytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * pageBytes }

  package static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }
}
