// A small holographic memory with the habits of a real one. It knows nothing of HoloSnap.
//
// Texts are stored twice: byte for byte in a 3D grid of complex numbers, and as a row of a matrix of holographic vectors, by which a
// query finds them again. One mutex guards everything.
#ifndef EMBED_CORE_HPP
#define EMBED_CORE_HPP

#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct document {
  std::size_t offset, length;  // in the grid, voxels
  std::string session;
};

// What is no array. As text it is JSON.
struct tables {
  std::uint64_t next_id = 1, stored = 0, removed = 0, asked = 0;
  std::map<std::uint64_t, document> documents;
  std::map<std::string, std::vector<std::uint64_t>> sessions;
  std::vector<std::uint64_t> rows;                             // whose memory a row of the matrix is
  std::vector<std::pair<std::string, std::string>> responses;  // in the order of their rows

  std::string text() const;
  static tables parsed(std::string_view text);  // throws std::runtime_error
};

class core {
 public:
  explicit core(std::size_t side = 48, std::size_t dimension = 256);

  std::uint64_t store(
      std::string_view text, const std::string &session);  // an id; throws std::length_error: the grid is full
  bool remove(std::uint64_t id);
  std::string query(std::string_view text);  // the same state gives the same answer

  // For who holds the mutex: as query, but nothing is counted or put into the cache.
  std::string answer(std::string_view text) const;
  // For who holds the mutex: of everything that the core is.
  std::uint64_t fingerprint() const;

  const std::size_t side, dimension;
  mutable std::mutex mutex;
  std::vector<std::complex<double>> grid;  // side × side × side, never moves; byte / 255, imaginary +0
  std::uint64_t alloc_ptr = 0;             // the first voxel that is free
  std::vector<double> field;               // dimension: the sum of all memories
  std::vector<double> memory;              // documents × dimension: grows, shrinks, moves
  std::vector<double> cache;               // responses × dimension
  tables index;

 private:
  std::vector<double> encoded(std::string_view text) const;
  std::string spoken(const document &document) const;
  void compact();
};

#endif
