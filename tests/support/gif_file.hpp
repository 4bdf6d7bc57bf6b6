#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace plexus::test {

// A GIF file of one picture, with the dictionary of codes that any encoder keeps.
struct GifPicture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> indices = {};            // row by row, as stored
  std::vector<std::uint8_t> palette = {};            // r, g, b; a power of two of entries, at most 256
  int left = 0, top = 0, columns = 0, rows = 0;      // of the picture on the screen; 0: all of it
  bool interlaced = false;
  int transparent = -1;
  bool clears = true;  // begin the dictionary anew when it is full, else go on with a full one

  std::string bytes() const { return front() + picture() + ";"; }

  std::string front() const {
    return "GIF89a" + word(width) + word(height) + static_cast<char>(0x80 | (palette_bits() - 1)) + std::string(2, '\0') +
           std::string(palette.begin(), palette.end());
  }
  std::string picture() const {
    std::string text;
    if (transparent >= 0) text += std::string("\x21\xF9\x04\x01\0\0", 6) + static_cast<char>(transparent) + '\0';
    text += "," + word(left) + word(top) + word(columns > 0 ? columns : width) + word(rows > 0 ? rows : height);
    text += static_cast<char>(interlaced ? 0x40 : 0);
    const int literal_bits = palette_bits() < 2 ? 2 : palette_bits();
    text += static_cast<char>(literal_bits);
    const auto data = codes(literal_bits);
    for (std::size_t at = 0; at < data.size(); at += 255) {
      const auto block = data.substr(at, 255);
      text += static_cast<char>(block.size()) + block;
    }
    return text + '\0';
  }

 private:
  static std::string word(int value) { return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)}; }
  int palette_bits() const {
    int bits = 1;
    while ((std::size_t{3} << bits) < palette.size()) ++bits;
    return bits;
  }
  std::string codes(int literal_bits) const {
    const int clear = 1 << literal_bits;
    std::string out;
    std::uint32_t held = 0;
    int held_bits = 0, bits = literal_bits + 1, next = clear + 2;
    const auto put = [&](int code) {
      held |= static_cast<std::uint32_t>(code) << held_bits;
      for (held_bits += bits; held_bits >= 8; held_bits -= 8, held >>= 8) out += static_cast<char>(held & 0xFF);
    };
    std::map<std::pair<int, int>, int> known;
    put(clear);
    int run = -1;
    for (const int value : indices) {
      if (run < 0) {
        run = value;
        continue;
      }
      if (const auto longer = known.find({run, value}); longer != known.end()) {
        run = longer->second;
        continue;
      }
      put(run);
      if (next < 4096) {
        known[{run, value}] = next;
        if (next++ == 1 << bits) ++bits;
      } else if (clears) {
        put(clear);
        known.clear();
        bits = literal_bits + 1;
        next = clear + 2;
      }
      run = value;
    }
    put(run);
    if (next < 4096 && next == 1 << bits) ++bits;  // as the decoder, which learns a code later
    put(clear + 1);
    if (held_bits > 0) out += static_cast<char>(held & 0xFF);
    return out;
  }
};

}  // namespace plexus::test
