/// The version of this program, as `holosnap --version` and every container's `creator` say it.
package enum HoloSnapVersion {
  package static let text = "0.1.0"
  package static let creator = "HoloSnap \(text)"
}
