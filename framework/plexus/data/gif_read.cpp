#include <plexus/data/picture_read.hpp>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>

// GIF89a, as W3C keeps it: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
namespace plexus {
namespace {

constexpr int most_codes = 4096;  // of 12 bits

class GifFile {
 public:
  GifFile(const std::filesystem::path& path, std::string_view bytes) : path_(path), bytes_(bytes) {}

  at::Tensor read(bool pixels) {
    const auto mark = take(6);
    if (mark != "GIF87a" && mark != "GIF89a") refuse("it has not the mark of one");
    width_ = word();
    height_ = word();
    const int flags = byte();
    const int background = byte();
    byte();  // aspect ratio
    if (width_ < 1 || height_ < 1) refuse(fmt::format("{} x {} pixels", width_, height_));
    if (flags & 0x80) take_palette(flags);
    find_picture();
    const bool grey = is_grey();
    check_size();
    if (!pixels) return at::empty({grey ? 1 : 3, 1, height_, width_}, at::kByte);
    auto canvas = allocate({height_, width_}, at::kByte, path_.string());
    canvas.fill_(background);
    draw(canvas);
    refuse_others();
    return coloured(canvas, grey);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::data, "a damaged GIF: " + why, path_.string(), "copy or download the file again");
  }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) refuse("cut short");
    const auto taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  int byte() { return static_cast<unsigned char>(take(1)[0]); }
  int word() {
    const int low = byte();
    return low | byte() << 8;
  }

  void take_palette(int flags) { palette_ = take(std::size_t{3} << ((flags & 7) + 1)); }

  // Goes on to the next picture; false at the end.
  bool next_picture() {
    while (true) {
      const int kind = byte();
      if (kind == 0x2C) return true;
      if (kind == 0x3B) return false;
      if (kind != 0x21) refuse(fmt::format("a block of the unknown kind {}", kind));
      const int label = byte();
      for (int length = byte(); length > 0; length = byte()) {
        const auto block = take(static_cast<std::size_t>(length));
        if (label == 0xF9 && length >= 4) transparent_ = block[0] & 1 ? static_cast<unsigned char>(block[3]) : -1;
      }
    }
  }

  void find_picture() {
    if (!next_picture()) refuse("it holds no picture");
    left_ = word();
    top_ = word();
    columns_ = word();
    rows_ = word();
    const int flags = byte();
    interlaced_ = (flags & 0x40) != 0;
    if (flags & 0x80) take_palette(flags);
    if (palette_.empty()) refuse("it has no palette");
    if (columns_ < 1 || rows_ < 1 || left_ + columns_ > width_ || top_ + rows_ > height_)
      refuse(fmt::format("a picture of {} x {} at {}, {} on {} x {} pixels", columns_, rows_, left_, top_, width_, height_));
  }

  // Before memory is taken: a code of 12 bits stands for at most 4096 pixels.
  void check_size() const {
    const auto pixels = static_cast<double>(width_) * height_;
    if (pixels > static_cast<double>(bytes_.size()) * 8 / 12 * most_codes + 65536)
      refuse(fmt::format("{} x {} pixels in {} bytes", width_, height_, bytes_.size()));
  }

  bool is_grey() const {
    for (std::size_t i = 0; i + 2 < palette_.size(); i += 3)
      if (palette_[i] != palette_[i + 1] || palette_[i] != palette_[i + 2]) return false;
    return true;
  }

  // Places of the picture, row by row in the order in which they are stored.
  class Pen {
   public:
    Pen(const at::Tensor& canvas, int left, int top, int columns, int rows, bool interlaced)
        : start_(canvas.mutable_data_ptr<std::uint8_t>() + top * canvas.stride(0) + left),
          stride_(canvas.stride(0)),
          columns_(columns),
          rows_(rows),
          step_(interlaced ? 8 : 1),
          interlaced_(interlaced) {}
    bool done() const { return row_ >= rows_; }
    void put(std::uint8_t value) {
      start_[row_ * stride_ + column_] = value;
      if (++column_ < columns_) return;
      column_ = 0;
      row_ += step_;
      while (interlaced_ && row_ >= rows_ && pass_ < 3) {
        constexpr std::array<int, 4> firsts{0, 4, 2, 1}, steps{8, 8, 4, 2};
        ++pass_;
        row_ = firsts[pass_];
        step_ = steps[pass_];
      }
    }

   private:
    std::uint8_t* start_;
    std::int64_t stride_;
    int columns_, rows_, row_ = 0, column_ = 0, step_;
    bool interlaced_;
    std::size_t pass_ = 0;
  };

  // The next code of the sub-blocks; -1 at their end.
  int next_code(int bits) {
    while (bits_held_ < bits) {
      if (block_.empty()) {
        const int length = ended_ ? 0 : byte();
        if (length == 0) {
          ended_ = true;
          return -1;
        }
        block_ = take(static_cast<std::size_t>(length));
      }
      held_ |= static_cast<std::uint32_t>(static_cast<unsigned char>(block_[0])) << bits_held_;
      bits_held_ += 8;
      block_.remove_prefix(1);
    }
    const int code = static_cast<int>(held_ & ((1u << bits) - 1));
    held_ >>= bits;
    bits_held_ -= bits;
    return code;
  }

  void draw(const at::Tensor& canvas) {
    const int literal_bits = byte();
    if (literal_bits < 1 || literal_bits > 11) refuse(fmt::format("codes of {} bits", literal_bits));
    const int clear = 1 << literal_bits, stop = clear + 1;
    std::array<std::uint16_t, most_codes> before{};
    std::array<std::uint8_t, most_codes> last{}, first{};
    std::array<std::uint8_t, most_codes> reversed{};
    for (int code = 0; code < clear; ++code) last[index(code)] = first[index(code)] = static_cast<std::uint8_t>(code);
    int bits = literal_bits + 1, next = stop + 1, previous = -1;
    Pen pen(canvas, left_, top_, columns_, rows_, interlaced_);
    while (!pen.done()) {
      const int code = next_code(bits);
      if (code < 0 || code == stop) refuse("its pixels are cut short");
      if (code == clear) {
        bits = literal_bits + 1;
        next = stop + 1;
        previous = -1;
        continue;
      }
      if (code > next || (code == next && (previous < 0 || next >= most_codes)) || (previous < 0 && code > clear))
        refuse("its pixels are no codes of a GIF");
      if (previous >= 0 && next < most_codes) {
        before[index(next)] = static_cast<std::uint16_t>(previous);
        first[index(next)] = first[index(previous)];
        last[index(next)] = first[index(code == next ? previous : code)];
        if (++next == 1 << bits && bits < 12) ++bits;
      }
      std::size_t count = 0;
      int walk = code;
      for (; walk > stop; walk = before[index(walk)]) reversed[count++] = last[index(walk)];
      reversed[count++] = last[index(walk)];
      while (count > 0 && !pen.done()) pen.put(reversed[--count]);
      previous = code;
    }
    while (next_code(8) >= 0) {  // what follows the last pixel
    }
  }
  static std::size_t index(int code) { return static_cast<std::size_t>(code); }

  void refuse_others() {
    const int own = transparent_;
    if (next_picture())
      throw Error(ErrorKind::data, "a GIF of several pictures", path_.string(), "save the one that is meant, as PNG");
    transparent_ = own;
  }

  at::Tensor coloured(const at::Tensor& canvas, bool grey) const {
    const auto entries = static_cast<std::int64_t>(palette_.size() / 3);
    if (canvas.max().item<std::int64_t>() >= entries) refuse("a pixel has no colour in the palette");
    if (transparent_ >= 0 && canvas.eq(transparent_).any().item<bool>())
      throw Error(ErrorKind::data, "RGBA pixels are not intensities or labels", path_.string(),
                  "give an image without transparency");
    auto colours = at::empty({entries, 3}, at::kByte);
    std::memcpy(colours.mutable_data_ptr(), palette_.data(), palette_.size());
    const auto indices = canvas.to(at::kLong);
    if (grey) return colours.select(1, 0).index({indices}).view({1, 1, height_, width_});
    return colours.index({indices}).permute({2, 0, 1}).unsqueeze(1).contiguous();
  }

  const std::filesystem::path& path_;
  std::string_view bytes_, palette_, block_;
  std::size_t at_ = 0;
  int width_ = 0, height_ = 0, left_ = 0, top_ = 0, columns_ = 0, rows_ = 0, transparent_ = -1;
  bool interlaced_ = false, ended_ = false;
  std::uint32_t held_ = 0;
  int bits_held_ = 0;
};

}  // namespace

at::Tensor read_gif(const std::filesystem::path& path, bool pixels) {
  const auto held = file_bytes(path, 0, std::filesystem::file_size(path));
  return GifFile(path, {static_cast<const char*>(held.const_data_ptr()), held.nbytes()}).read(pixels);
}

}  // namespace plexus
