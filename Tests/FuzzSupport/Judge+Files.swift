import HoloFormat
import HoloModel

/// Files of many regions (HWP-Format.md, section 7).
extension Judge {
  /// What the descriptor says of a file of many regions by itself.
  static func checkPlace(_ descriptor: RegionDescriptor) throws(FormatError) {
    guard descriptor.member != nil || descriptor.fileByteCount != nil else { return }
    let name = descriptor.name
    try require(descriptor.member == nil || descriptor.fileByteCount == nil, "\(name) is a host and a member")
    try require(descriptor.header.isEmpty && descriptor.tail.isEmpty, "\(name) has a header or a tail")
    if let fileByteCount = descriptor.fileByteCount {
      try require(
        (descriptor.byteCount...UInt64(Int64.max)).contains(fileByteCount), "\(name) is of \(fileByteCount) bytes")
    }
    guard let member = descriptor.member else { return }
    try check(name: member.host)
    let below = Array(name.utf8.dropFirst(member.host.utf8.count))
    try require(
      name.utf8.starts(with: member.host.utf8) && below.count > 1 && below.first == UInt8(ascii: "/"),
      "\(name) does not lie below \(member.host)")
    let end = member.offset.addingReportingOverflow(descriptor.byteCount)
    try require(!end.overflow && end.partialValue <= UInt64(Int64.max), "\(name) ends past any file")
  }

  /// Every file that is put together is covered from its first byte to its last, once.
  ///
  /// - Parameter isWhole: of a state of which nothing is lost: no host, and no member, is left over.
  static func checkFiles(of regions: [RegionDescriptor], isWhole: Bool) throws(FormatError) {
    let hosted = HostedFiles(regions)
    var used = 0
    for file in hosted.files.values {
      let host = regions[file.host]
      try require(host.fileByteCount == file.byteCount, "the file \(host.name) has \(file.byteCount) bytes")
      var extents = file.gaps
      for index in file.members {
        guard let member = regions[index].member, member.host.utf8.elementsEqual(host.name.utf8) else {
          throw finding("\(regions[index].name) is put into \(host.name)")
        }
        extents.append(FileExtent(offset: member.offset, byteCount: regions[index].byteCount))
      }
      var end: UInt64 = 0
      for extent in extents.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
        try require(extent.offset == end, "the file \(host.name) has a hole or an overlap at \(end)")
        end = extent.end
      }
      try require(end == file.byteCount, "the file \(host.name) ends at \(end)")
      try require(
        file.gaps.reduce(0) { $0 + $1.byteCount } == host.byteCount, "the gaps of \(host.name) are not its bytes")
      used += 1 + file.members.count
    }
    guard isWhole else { return }
    try require(hosted.flaws.isEmpty, "a state is taken whose hosts and members do not go together")
    let count = regions.count { $0.member != nil || $0.fileByteCount != nil }
    try require(used == count, "\(count) hosts and members, of which \(used) make files")
  }
}
