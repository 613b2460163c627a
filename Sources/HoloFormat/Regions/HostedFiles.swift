/// The files of many regions in a state: how hosts and members go together (HWP-Format.md, section 7). Regions stand as
/// their indexes in the state.
package struct HostedFiles: Sendable {
  /// A host and all its members.
  package struct File: Sendable {
    package var host: Int
    /// In the order of the file.
    package var members: [Int]
    /// What is in no member: where the host's bytes stand.
    package var gaps: [FileExtent]
    package var byteCount: UInt64
  }

  /// A host whose file cannot be put together, or a member without a host.
  package struct Flaw: Sendable {
    package enum Kind: Sendable {
      case noHost
      case length(fileByteCount: UInt64, sum: UInt64)
      case overlap(member: Int)
      case outside(member: Int)
    }

    package var region: Int
    package var kind: Kind
    /// Of the host.
    package var members: [Int] = []

    /// - Parameter name: of a region, fit for a message.
    package func message(_ name: (_ region: Int) -> String) -> String {
      switch kind {
      case .noHost: "the host of the member is missing"
      case .length(let fileByteCount, let sum):
        "the file cannot be put together: it has \(fileByteCount) bytes, its host and its members \(sum)"
      case .overlap(let member): "the file cannot be put together: its member \(name(member)) overlaps another"
      case .outside(let member): "the file cannot be put together: its member \(name(member)) goes past its end"
      }
    }
  }

  /// Those that keep every rule, by their hosts.
  package internal(set) var files: [Int: File] = [:]
  /// What breaks a rule, in the regions' order.
  package internal(set) var flaws: [Flaw] = []

  init() {}

  package init(_ regions: some Sequence<RegionDescriptor>) {
    var parts = HostedParts()
    for (index, descriptor) in regions.enumerated() { parts.append(descriptor, at: index) }
    self = parts.files
  }
}
