import CHoloSnap
import Glibc
import HoloSystem

// Unsafe here: C strings of the caller, and arrays within structs of the caller's whose sizes were checked.

extension holosnap_text {
  /// Puts in a text, ended by NUL; true where not all of it has room. Of UTF-8 no character is cut.
  @discardableResult
  func put(_ text: String) -> Bool { put(Array(text.showingCarriedBytes.utf8), cutsAnywhere: false) }

  /// Puts in the bytes of a path.
  @discardableResult
  func put(path: String) -> Bool { put(PathBytes.bytes(path), cutsAnywhere: true) }

  private func put(_ text: [UInt8], cutsAnywhere: Bool) -> Bool {
    var count = min(text.count, capacity - 1)
    if !cutsAnywhere, count < text.count {
      while count > 0, text[count] & 0xC0 == 0x80 { count -= 1 }
    }
    let target = UnsafeMutableRawBufferPointer(start: bytes, count: capacity)
    target.copyBytes(from: text[..<count])
    target[count] = 0
    return count < text.count
  }
}

/// A text that has to be UTF-8; nil for NULL.
func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String? {
  guard let pointer else { return nil }
  guard let text = String(validatingCString: pointer) else { throw .invalid("\(what) is not UTF-8") }
  return text
}

/// A path of any bytes; nil for NULL.
func path(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String? {
  guard let pointer else { return nil }
  let path = PathBytes.text(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  guard !path.isEmpty else { throw .invalid("\(what) is empty") }
  return path
}

/// Texts of an array; none for a count of 0.
func texts(
  _ pointer: UnsafePointer<UnsafePointer<CChar>?>?, count: UInt64, _ what: String
) throws(Failure) -> [String] {
  guard count > 0 else { return [] }
  guard let pointer, count <= 1 << 20 else { throw .invalid("\(what): NULL, or \(count) of them") }
  var texts: [String] = []
  for index in 0..<Int(count) {
    guard let text = try text(pointer[index], what) else { throw .invalid("\(what): number \(index) is NULL") }
    texts.append(text)
  }
  return texts
}
