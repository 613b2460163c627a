import HoloModel

/// Hosts and members as they are met among the regions of a state. Keeps some 50 bytes for each, whatever the names: two
/// names with one BLAKE3-128 do not occur.
package struct HostedParts {
  private struct Host {
    var region: Int
    var byteCount: UInt64
    var fileByteCount: UInt64
  }

  private struct Member {
    var region: Int
    var host: Digest128
    var extent: FileExtent
  }

  private var hosts: [Digest128: Host] = [:]
  private var members: [Member] = []

  package init() {}

  /// - Parameters:
  ///   - descriptor: keeps the rules for one region alone.
  ///   - region: its index in the state.
  package mutating func append(_ descriptor: RegionDescriptor, at region: Int) {
    if let fileByteCount = descriptor.fileByteCount {
      hosts[key(descriptor.name)] = Host(region: region, byteCount: descriptor.byteCount, fileByteCount: fileByteCount)
    }
    if let member = descriptor.member {
      let extent = FileExtent(offset: member.offset, byteCount: descriptor.byteCount)
      members.append(Member(region: region, host: key(member.host), extent: extent))
    }
  }

  /// How they go together.
  package var files: HostedFiles {
    var files = HostedFiles()
    var membersOfHosts: [Int: [Member]] = [:]
    for member in members {
      if let host = hosts[member.host] {
        membersOfHosts[host.region, default: []].append(member)
      } else {
        files.flaws.append(HostedFiles.Flaw(region: member.region, kind: .noHost))
      }
    }
    for host in hosts.values {
      let members = (membersOfHosts[host.region] ?? []).sorted { first, second in
        let (one, other) = (first.extent, second.extent)
        return (one.offset, one.byteCount, first.region) < (other.offset, other.byteCount, second.region)
      }
      let indexes = members.map(\.region)
      if let kind = flaw(of: host, members) {
        files.flaws.append(HostedFiles.Flaw(region: host.region, kind: kind, members: indexes))
      } else {
        files.files[host.region] = HostedFiles.File(
          host: host.region, members: indexes,
          gaps: FileExtent.gaps(between: members.map(\.extent), fileByteCount: host.fileByteCount),
          byteCount: host.fileByteCount)
      }
    }
    files.flaws.sort { $0.region < $1.region }
    return files
  }

  /// - Parameter members: of the host, in the file's order.
  private func flaw(of host: Host, _ members: [Member]) -> HostedFiles.Flaw.Kind? {
    var sum = host.byteCount
    for member in members {
      let (next, overflow) = sum.addingReportingOverflow(member.extent.byteCount)
      sum = overflow ? .max : next
    }
    guard sum == host.fileByteCount else { return .length(fileByteCount: host.fileByteCount, sum: sum) }
    var end: UInt64 = 0
    for member in members {
      guard member.extent.offset >= end else { return .overlap(member: member.region) }
      end = member.extent.end
      guard end <= host.fileByteCount else { return .outside(member: member.region) }
    }
    return nil
  }

  private func key(_ name: String) -> Digest128 { BLAKE3.hash(Array(name.utf8)).short }
}
