#include "core.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace {

constexpr std::size_t response_limit = 64;

std::uint64_t hashed(std::string_view bytes, std::uint64_t seed = 0xcbf29ce484222325) {
  for (char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return seed;
}

template <class T>
std::uint64_t hashed(const std::vector<T> &values, std::uint64_t seed) {
  return hashed({reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)}, seed);
}

double product(const double *a, const double *b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

void erase_row(std::vector<double> &matrix, std::size_t row, std::size_t width) {
  const auto at = matrix.begin() + static_cast<std::ptrdiff_t>(row * width);
  matrix.erase(at, at + static_cast<std::ptrdiff_t>(width));
  matrix.shrink_to_fit();
}

void append_quoted(std::string &json, std::string_view text) {
  json += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      json += c;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    }
  }
  json += '"';
}

void append_list(std::string &json, const std::vector<std::uint64_t> &values) {
  json += '[';
  for (std::size_t i = 0; i < values.size(); i++) json += (i ? "," : "") + std::to_string(values[i]);
  json += ']';
}

// Reads the JSON that tables::text writes, and no other.
struct reader {
  std::string_view left;

  [[noreturn]] static void fail() { throw std::runtime_error("the index is not what this program writes"); }
  bool next(std::string_view text) {
    if (left.substr(0, text.size()) != text) return false;
    left.remove_prefix(text.size());
    return true;
  }
  void expect(std::string_view text) {
    if (!next(text)) fail();
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (left.empty() || left[0] < '0' || left[0] > '9') fail();
    for (; !left.empty() && left[0] >= '0' && left[0] <= '9'; left.remove_prefix(1))
      value = value * 10 + static_cast<std::uint64_t>(left[0] - '0');
    return value;
  }
  std::string string() {
    std::string value;
    expect("\"");
    while (!next("\"")) {
      if (next("\\u00")) {
        if (left.size() < 2) fail();
        value += static_cast<char>(std::stoi(std::string(left.substr(0, 2)), nullptr, 16));
        left.remove_prefix(2);
        continue;
      }
      next("\\");
      if (left.empty()) fail();
      value += left[0];
      left.remove_prefix(1);
    }
    return value;
  }
  // What stands between an opening and a closing bracket, with commas.
  template <class Item>
  void items(std::string_view open, std::string_view close, Item item) {
    expect(open);
    for (bool first = true; !next(close); first = false) {
      if (!first) expect(",");
      item();
    }
  }
  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> values;
    items("[", "]", [&] { values.push_back(number()); });
    return values;
  }
};

}  // namespace

std::string tables::text() const {
  std::string json = "{\"next_id\":" + std::to_string(next_id) + ",\"stored\":" + std::to_string(stored) +
                     ",\"removed\":" + std::to_string(removed) + ",\"asked\":" + std::to_string(asked) +
                     ",\"documents\":[";
  for (const auto &[id, document] : documents) {
    if (json.back() != '[') json += ",\n";
    json +=
        "[" + std::to_string(id) + "," + std::to_string(document.offset) + "," + std::to_string(document.length) + ",";
    append_quoted(json, document.session);
    json += "]";
  }
  json += "],\"sessions\":{";
  for (const auto &[name, ids] : sessions) {
    if (json.back() != '{') json += ",";
    append_quoted(json, name);
    json += ":";
    append_list(json, ids);
  }
  json += "},\"rows\":";
  append_list(json, rows);
  json += ",\"responses\":[";
  for (const auto &[question, answer] : responses) {
    if (json.back() != '[') json += ",\n";
    json += "[";
    append_quoted(json, question);
    json += ",";
    append_quoted(json, answer);
    json += "]";
  }
  return json + "]}\n";
}

tables tables::parsed(std::string_view text) {
  tables all;
  reader json{text};
  for (auto [name, value] :
       {std::pair("{\"next_id\":", &all.next_id), std::pair(",\"stored\":", &all.stored),
        std::pair(",\"removed\":", &all.removed), std::pair(",\"asked\":", &all.asked)}) {
    json.expect(name);
    *value = json.number();
  }
  json.expect(",\"documents\":");
  json.items("[", "]", [&] {
    json.next("\n");
    json.expect("[");
    const auto id = json.number();
    json.expect(",");
    const auto offset = json.number();
    json.expect(",");
    const auto length = json.number();
    json.expect(",");
    all.documents[id] = {offset, length, json.string()};
    json.expect("]");
  });
  json.expect(",\"sessions\":");
  json.items("{", "}", [&] {
    auto &ids = all.sessions[json.string()];
    json.expect(":");
    ids = json.numbers();
  });
  json.expect(",\"rows\":");
  all.rows = json.numbers();
  json.expect(",\"responses\":");
  json.items("[", "]", [&] {
    json.next("\n");
    json.expect("[");
    auto question = json.string();
    json.expect(",");
    all.responses.emplace_back(std::move(question), json.string());
    json.expect("]");
  });
  json.expect("}\n");
  return all;
}

core::core(std::size_t side_, std::size_t dimension_)
    : side(side_), dimension(dimension_), grid(side_ * side_ * side_), field(dimension_) {}

std::uint64_t core::store(std::string_view text, const std::string &session) {
  const std::lock_guard held(mutex);
  if (alloc_ptr + text.size() > grid.size()) compact();
  if (alloc_ptr + text.size() > grid.size()) throw std::length_error("the grid is full");
  for (std::size_t i = 0; i < text.size(); i++) grid[alloc_ptr + i] = static_cast<unsigned char>(text[i]) / 255.0;
  const auto row = encoded(text);
  for (std::size_t i = 0; i < dimension; i++) field[i] += row[i];
  memory.insert(memory.end(), row.begin(), row.end());
  const auto id = index.next_id++;
  index.rows.push_back(id);
  index.documents[id] = {alloc_ptr, text.size(), session};
  index.sessions[session].push_back(id);
  index.stored++;
  alloc_ptr += text.size();
  return id;
}

bool core::remove(std::uint64_t id) {
  const std::lock_guard held(mutex);
  const auto found = index.documents.find(id);
  if (found == index.documents.end()) return false;
  const auto row = static_cast<std::size_t>(std::find(index.rows.begin(), index.rows.end(), id) - index.rows.begin());
  for (std::size_t i = 0; i < dimension; i++) field[i] -= memory[row * dimension + i];
  erase_row(memory, row, dimension);
  index.rows.erase(index.rows.begin() + static_cast<std::ptrdiff_t>(row));
  std::fill_n(grid.begin() + static_cast<std::ptrdiff_t>(found->second.offset), found->second.length, 0);
  auto &ids = index.sessions[found->second.session];
  ids.erase(std::find(ids.begin(), ids.end(), id));
  if (ids.empty()) index.sessions.erase(found->second.session);
  index.documents.erase(found);
  index.removed++;
  return true;
}

std::string core::query(std::string_view text) {
  const std::lock_guard held(mutex);
  auto response = answer(text);
  index.asked++;
  for (const auto &known : index.responses)
    if (known.first == text) return response;
  if (index.responses.size() == response_limit) {
    index.responses.erase(index.responses.begin());
    erase_row(cache, 0, dimension);
  }
  const auto key = encoded(text);
  cache.insert(cache.end(), key.begin(), key.end());
  index.responses.emplace_back(text, response);
  return response;
}

std::string core::answer(std::string_view text) const {
  const auto key = encoded(text);
  for (std::size_t row = 0; row < index.responses.size(); row++)
    if (product(&cache[row * dimension], key.data(), dimension) > 0.999999) return index.responses[row].second;
  std::size_t best = index.rows.size();
  double score = -2;
  for (std::size_t row = 0; row < index.rows.size(); row++) {
    const double now = product(&memory[row * dimension], key.data(), dimension);
    if (now > score) best = row, score = now;
  }
  if (best == index.rows.size()) return "nothing";
  const auto id = index.rows[best];
  return std::to_string(id) + " " + std::to_string(std::llround(score * 1e9)) + " " +
         std::to_string(std::llround(product(field.data(), key.data(), dimension) * 1e9)) + " " +
         spoken(index.documents.at(id));
}

std::uint64_t core::fingerprint() const {
  return hashed(index.text(), hashed(grid, hashed(field, hashed(memory, hashed(cache, alloc_ptr)))));
}

// A vector of length 1: the sum of the words' vectors, each turned by its place, so that the order matters.
std::vector<double> core::encoded(std::string_view text) const {
  std::vector<double> sum(dimension);
  for (std::size_t place = 0; !text.empty(); place++) {
    const auto word = text.substr(0, text.find(' '));
    auto random = hashed(word);
    for (std::size_t i = 0; i < dimension; i++) {  // splitmix64
      auto mixed = random += 0x9e3779b97f4a7c15;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      sum[(i + place) % dimension] += static_cast<double>((mixed ^ (mixed >> 31)) >> 11) * 0x1p-52 - 1;
    }
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  const double length = std::sqrt(product(sum.data(), sum.data(), dimension));
  for (auto &value : sum) value /= length > 0 ? length : 1;
  return sum;
}

std::string core::spoken(const document &document) const {
  std::string text;
  for (std::size_t i = 0; i < document.length; i++)
    text += static_cast<char>(std::lround(grid[document.offset + i].real() * 255));
  return text;
}

// Moves what is left of the documents together.
void core::compact() {
  alloc_ptr = 0;
  for (auto &[id, document] : index.documents) {
    std::copy_n(
        grid.begin() + static_cast<std::ptrdiff_t>(document.offset), document.length,
        grid.begin() + static_cast<std::ptrdiff_t>(alloc_ptr));
    document.offset = alloc_ptr;
    alloc_ptr += document.length;
  }
  std::fill(grid.begin() + static_cast<std::ptrdiff_t>(alloc_ptr), grid.end(), 0);
}
