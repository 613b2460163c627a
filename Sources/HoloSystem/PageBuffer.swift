import Glibc

/// Page-aligned anonymous memory, zeroed, faulted in when it is allocated, freed when the last reference goes.
///
/// Faulting in at allocation is the point: first touch of a fresh page costs 0.4 to 3.5 GB/s on a virtual machine, which a
/// capture must not pay per chunk. Buffers of 2 MiB and more ask for huge pages, which fault in four to six times as fast
/// and keep the TLB quiet.
///
/// `@unchecked Sendable`: the object never changes after `init`. Whoever shares the memory itself between threads
/// orders its accesses.
package final class PageBuffer: @unchecked Sendable {
  /// The memory: exactly the size that was asked for, at a page boundary. Empty for a size of 0.
  package let bytes: UnsafeMutableRawBufferPointer
  private let mapping: UnsafeMutableRawPointer
  private let mappedByteCount: Int

  /// The size of a page of this machine.
  package static let pageByteCount = max(Int(sysconf(Int32(_SC_PAGESIZE))), 4096)
  /// Sizes from here on ask for huge pages (x86-64 and most AArch64 kernels: 2 MiB).
  private static let hugePageByteCount = 2 << 20
  /// `MADV_POPULATE_WRITE` (Linux 5.14), which not every C library's header names.
  private static let populateWrite: Int32 = 23

  /// - Parameter byteCount: 0 or more; the mapping is rounded up to whole pages (at least one).
  package init(byteCount: Int, syscalls: Syscalls = Syscalls()) throws(SystemError) {
    let subject = "\(byteCount) bytes of memory"
    let pageSize = Self.pageByteCount
    guard byteCount >= 0, byteCount <= Int.max - pageSize else {
      throw SystemError(call: .mmap, path: subject, code: EINVAL)
    }
    let rounded = max((byteCount + pageSize - 1) / pageSize * pageSize, pageSize)
    // MAP_FAILED is all ones, the −1 that `perform` takes for a failure.
    let address = try syscalls.perform(.mmap, subject) { _ in
      Int(bitPattern: mmap(nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    }
    guard let mapped = UnsafeMutableRawPointer(bitPattern: address) else {
      throw SystemError(call: .mmap, path: subject, code: EINVAL)
    }
    if rounded >= Self.hugePageByteCount {
      // A hint: a kernel without huge pages refuses it and small pages serve.
      _ = madvise(mapped, rounded, MADV_HUGEPAGE)
    }
    if madvise(mapped, rounded, Self.populateWrite) != 0 {
      let code = errno
      guard code == EINVAL else {
        munmap(mapped, rounded)
        throw SystemError(call: .mmap, path: subject, code: code)
      }
      // A kernel before 5.14: touch each page instead.
      for offset in stride(from: 0, to: rounded, by: pageSize) {
        mapped.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
      }
    }
    mapping = mapped
    mappedByteCount = rounded
    bytes = UnsafeMutableRawBufferPointer(start: mapped, count: byteCount)
  }

  deinit {
    munmap(mapping, mappedByteCount)
  }
}
