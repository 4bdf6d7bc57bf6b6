#include <plexus/data/dicom_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr DicomTag item_begin = 0xFFFEE000, item_end = 0xFFFEE00D, sequence_end = 0xFFFEE0DD;
constexpr int deepest = 32;
constexpr std::uint64_t largest_kept = 1024;

// Numbers at any place of a file, through a window that moves forwards.
class Window {
 public:
  explicit Window(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
    std::error_code fault;
    size_ = std::filesystem::file_size(path, fault);
    if (!file_ || fault) throw Error(ErrorKind::data, "cannot be opened", path.string());
  }
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  std::string_view bytes(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_ || count > size_ - offset) cut();
    if (offset < begin_ || offset + count > begin_ + buffer_.size()) {
      begin_ = offset;
      buffer_.resize(std::min<std::uint64_t>(size_ - offset, std::max<std::uint64_t>(count, 1 << 15)));
      file_.clear();
      file_.seekg(static_cast<std::streamoff>(offset));
      if (!file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()))) cut();
    }
    return std::string_view(buffer_).substr(offset - begin_, count);
  }
  template <class T>
  T number(std::uint64_t offset, bool big_endian) {
    const auto raw = bytes(offset, sizeof(T));
    std::array<char, sizeof(T)> turned;
    std::copy(raw.begin(), raw.end(), turned.begin());
    if (big_endian) std::reverse(turned.begin(), turned.end());
    return std::bit_cast<T>(turned);
  }
  [[noreturn]] void cut() const {
    throw Error(ErrorKind::data, "cut short, or damaged: an element reaches beyond the end of the file", path_.string(),
                "copy or download the file again");
  }
  [[noreturn]] void damaged(const std::string& why) const {
    throw Error(ErrorKind::data, "damaged: " + why, path_.string(), "copy or download the file again");
  }

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  std::uint64_t size_ = 0, begin_ = 0;
  std::string buffer_;
};

struct Syntax {
  bool implicit = false, big_endian = false;
};

struct Element {
  DicomTag tag = 0;
  std::string vr;  // "" where implicit
  std::uint32_t length = 0;
  std::uint64_t value = 0;  // where it begins
};

bool long_form(const std::string& vr) {
  static constexpr std::array kinds{"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::find(kinds.begin(), kinds.end(), vr) != kinds.end();
}

// GDCM takes any other for one with a length of 32 bits.
bool known_form(const std::string& vr) {
  static constexpr std::array short_kinds{"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO",
                                          "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"};
  return long_form(vr) || std::find(short_kinds.begin(), short_kinds.end(), vr) != short_kinds.end();
}

Element element_at(Window& window, std::uint64_t offset, Syntax syntax) {
  Element element;
  element.tag = (std::uint32_t{window.number<std::uint16_t>(offset, syntax.big_endian)} << 16) |
                window.number<std::uint16_t>(offset + 2, syntax.big_endian);
  if (syntax.implicit || element.tag >> 16 == 0xFFFE) {
    element.length = window.number<std::uint32_t>(offset + 4, syntax.big_endian);
    element.value = offset + 8;
    return element;
  }
  element.vr = window.bytes(offset + 4, 2);
  if (!known_form(element.vr))
    window.damaged(
        fmt::format("the element ({:04X},{:04X}) has no value representation", element.tag >> 16, element.tag & 0xFFFF));
  const bool wide = long_form(element.vr);
  element.length = wide ? window.number<std::uint32_t>(offset + 8, syntax.big_endian)
                        : window.number<std::uint16_t>(offset + 6, syntax.big_endian);
  element.value = offset + (wide ? 12 : 8);
  return element;
}

std::uint64_t walk_items(Window& window, std::uint64_t offset, std::uint64_t end, bool delimited, Syntax syntax, int depth);

// Behind the element; checks what it holds.
std::uint64_t walk_value(Window& window, const Element& element, std::uint64_t end, Syntax syntax, int depth) {
  if (element.length == undefined_length) {
    // Of unknown representation and undefined length is a sequence in implicit form (PS3.5, 6.2.2).
    if (element.vr == "UN") syntax = {true, false};
    return walk_items(window, element.value, end, true, syntax, depth + 1);
  }
  if (element.value > end || element.length > end - element.value) window.cut();
  const auto behind = element.value + element.length;
  const bool sequence = element.vr == "SQ" || (element.vr.empty() && element.length >= 8 &&
                                               window.number<std::uint16_t>(element.value, syntax.big_endian) == 0xFFFE &&
                                               window.number<std::uint16_t>(element.value + 2, syntax.big_endian) == 0xE000);
  if (sequence && element.length > 0) walk_items(window, element.value, behind, false, syntax, depth + 1);
  return behind;
}

std::uint64_t walk_items(Window& window, std::uint64_t offset, std::uint64_t end, bool delimited, Syntax syntax, int depth) {
  if (depth > deepest) window.damaged("sequences lie deeper than in any sound file");
  while (delimited || offset < end) {
    if (offset + 8 > end) window.cut();
    const auto item = element_at(window, offset, syntax);
    if (item.tag == sequence_end && delimited) return offset + 8;
    if (item.tag != item_begin) window.damaged("a sequence holds something else than items");
    offset = item.value;
    const bool open = item.length == undefined_length;
    if (!open && item.length > end - offset) window.cut();
    const auto item_behind = open ? end : offset + item.length;
    while (open || offset < item_behind) {
      if (offset + 8 > item_behind) window.cut();
      const auto element = element_at(window, offset, syntax);
      if (open && element.tag == item_end) {
        offset += 8;
        break;
      }
      offset = walk_value(window, element, item_behind, syntax, depth);
    }
  }
  return offset;
}

// Fragments of compressed pixels; behind them.
std::uint64_t walk_fragments(Window& window, std::uint64_t offset, Syntax syntax, std::uint64_t& bytes) {
  for (;;) {
    if (offset + 8 > window.size()) window.cut();
    const auto item = element_at(window, offset, syntax);
    if (item.tag == sequence_end) return offset + 8;
    if (item.tag != item_begin || item.length == undefined_length) window.damaged("the fragments of its pixels");
    if (item.length > window.size() - item.value) window.cut();
    bytes += item.length;
    offset = item.value + item.length;
  }
}

Syntax syntax_of(const std::string& uid, const std::filesystem::path& path) {
  if (uid == "1.2.840.10008.1.2") return {true, false};
  if (uid == "1.2.840.10008.1.2.2") return {false, true};
  if (uid == "1.2.840.10008.1.2.1.99")
    throw Error(ErrorKind::data, "deflated DICOM data sets are not read", path.string(),
                "convert it to explicit little endian");
  return {};
}

}  // namespace

std::string DicomHeader::text(DicomTag tag) const {
  const auto found = values.find(tag);
  if (found == values.end()) return "";
  const auto text = std::string_view(found->second).substr(0, found->second.find('\0'));
  return std::string(trim(text));
}

std::vector<double> DicomHeader::numbers(DicomTag tag) const {
  std::vector<double> all;
  const auto whole_text = text(tag);
  if (whole_text.empty()) return all;
  for (const auto& part : split(whole_text, '\\')) {
    auto digits = trim(part);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto value = parse_real(digits);
    if (!value) return {};
    all.push_back(*value);
  }
  return all;
}

std::optional<double> DicomHeader::number(DicomTag tag) const {
  const auto all = numbers(tag);
  return all.empty() ? std::nullopt : std::optional<double>(all.front());
}

std::optional<std::uint16_t> DicomHeader::whole(DicomTag tag) const {
  const auto found = values.find(tag);
  if (found == values.end() || found->second.size() < 2) return std::nullopt;
  const auto a = static_cast<unsigned char>(found->second[0]), b = static_cast<unsigned char>(found->second[1]);
  return static_cast<std::uint16_t>(big_endian ? a << 8 | b : b << 8 | a);
}

DicomHeader read_dicom_header(const std::filesystem::path& path) {
  Window window(path);
  if (window.size() < 140 || window.bytes(128, 4) != "DICM")
    throw Error(ErrorKind::data, "is not a DICOM file: it lacks the mark DICM", path.string());
  DicomHeader header;
  header.path = path;
  Syntax syntax;
  bool meta = true;
  for (std::uint64_t offset = 132; offset < window.size();) {
    if (window.size() - offset < 8) break;  // padding
    if (meta && window.number<std::uint16_t>(offset, false) != 2) {
      meta = false;
      syntax = syntax_of(header.text(dicom_tag::transfer_syntax), path);
      header.big_endian = syntax.big_endian;
    }
    const auto element = element_at(window, offset, syntax);
    if (element.tag == dicom_tag::pixels && element.length == undefined_length) {
      header.compressed = true;
      offset = walk_fragments(window, element.value, syntax, header.pixel_bytes);
      continue;
    }
    offset = walk_value(window, element, window.size(), syntax, 0);
    if (element.tag == dicom_tag::pixels)
      header.pixel_bytes = element.length;
    else if (element.length <= largest_kept)
      header.values.emplace(element.tag, std::string(window.bytes(element.value, element.length)));
  }
  return header;
}

bool is_dicom_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 132> front{};
  return file.read(front.data(), front.size()) && std::string_view(front.data() + 128, 4) == "DICM";
}

bool is_dicom_folder(const std::filesystem::path& folder) {
  std::error_code fault;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->is_regular_file(fault)) files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  if (files.size() > 64) files.resize(64);
  const auto called_so = [](const std::filesystem::path& file) {
    auto suffix = file.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return suffix == ".dcm" || suffix == ".ima";
  };
  return std::any_of(files.begin(), files.end(), called_so) || std::any_of(files.begin(), files.end(), is_dicom_file);
}

}  // namespace plexus
