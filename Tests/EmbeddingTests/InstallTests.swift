import TestSupport
import Testing

/// How programs find what was installed.
@Suite struct InstallTests {
  private static let source = """
    #include <holosnap.h>
    #include <stdio.h>
    int main(void) {
      puts(holosnap_version());
      return 0;
    }
    """

  @Test(arguments: ["", "--static"])
  func pkgConfigLeadsToIt(_ option: String) throws {
    let directory = ScratchDirectory()
    try directory.write(Self.source, to: "one.c")
    let prefix = try EmbeddedLibrary.prefix.get()
    let command = """
      export PKG_CONFIG_PATH=\(prefix)/lib/pkgconfig
      gcc one.c $(pkg-config --cflags --libs \(option) holosnap) -Wl,-rpath,\(prefix)/lib -o one && ./one
      """
    let (status, output) = try OutsideProgram.run(["sh", "-c", command], in: directory.path)
    #expect(status == 0 && output.hasPrefix("0."), "\(output)")
  }

  @Test(.enabled(if: OutsideProgram.has("cmake")), arguments: ["holosnap", "static"])
  func cmakeLeadsToIt(_ target: String) throws {
    let directory = ScratchDirectory()
    try directory.write(Self.source, to: "one.c")
    try directory.write(
      """
      cmake_minimum_required(VERSION 3.13)
      project(one C CXX)
      find_package(HoloSnap 0.1 REQUIRED)
      add_executable(one one.c)
      target_link_libraries(one PRIVATE HoloSnap::\(target))
      """, to: "CMakeLists.txt")
    let command =
      "cmake -S . -B built -DCMAKE_PREFIX_PATH=\(try EmbeddedLibrary.prefix.get()) && cmake --build built && built/one"
    let (status, output) = try OutsideProgram.run(["sh", "-c", command], in: directory.path)
    #expect(status == 0 && output.contains("\n0."), "\(output)")
  }
}
