import Testing

@testable import HoloCompute

@Suite struct ByteExtentsTests {
  @Test func mergesWhatTouchesAndKeepsWhatDoesNot() {
    #expect(ByteExtents.merged([]) == [])
    #expect(ByteExtents.merged([5..<5]) == [])
    #expect(ByteExtents.merged([8..<12, 0..<4, 4..<8, 20..<21, 2..<3]) == [0..<12, 20..<21])
    #expect(ByteExtents.merged([0..<10, 2..<4, 9..<11]) == [0..<11])
  }

  @Test func theHullLeavesEmptyRangesOut() {
    #expect(ByteExtents.hull([]) == nil)
    #expect(ByteExtents.hull([3..<3]) == nil)
    #expect(ByteExtents.hull([100..<100, 5..<7, 1..<2]) == 1..<7)
  }
}
