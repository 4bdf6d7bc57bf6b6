#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace plexus::test {

// A slice as a DICOM file in explicit little endian: what a test changes, and the bytes.
struct DicomSlice {
  std::string series = "1.2.3.4.5", instance = "1.2.3.4.5.1", photometric = "MONOCHROME2";
  std::array<double, 3> position{0, 0, 0};
  std::array<double, 6> orientation{1, 0, 0, 0, 1, 0};
  std::array<double, 2> spacing{0.5, 0.75};  // between rows, between columns
  int number = 1, rows = 4, columns = 6;
  std::string slope = "1", inter = "0";
  std::vector<std::int16_t> pixels;                   // empty: rows * columns of `number`
  std::map<std::uint32_t, std::string> changed = {};  // other values, by tag
  std::vector<std::uint32_t> left_out = {};

  std::string bytes() const {
    std::map<std::uint32_t, std::pair<std::string, std::string>> elements{
        {0x00080016, {"UI", "1.2.840.10008.5.1.4.1.1.4"}},
        {0x00080018, {"UI", instance}},
        {0x00080060, {"CS", "MR"}},
        {0x0008103E, {"LO", "made up"}},
        {0x00100010, {"PN", "Nobody"}},
        {0x00100020, {"LO", "1"}},
        {0x00180050, {"DS", "2"}},
        {0x0020000D, {"UI", "1.2.3.4"}},
        {0x0020000E, {"UI", series}},
        {0x00200010, {"SH", "1"}},
        {0x00200011, {"IS", "1"}},
        {0x00200013, {"IS", std::to_string(number)}},
        {0x00200032, {"DS", fmt::format("{:.10g}\\{:.10g}\\{:.10g}", position[0], position[1], position[2])}},
        {0x00200037,
         {"DS", fmt::format("{:.8g}\\{:.8g}\\{:.8g}\\{:.8g}\\{:.8g}\\{:.8g}", orientation[0], orientation[1], orientation[2],
                            orientation[3], orientation[4], orientation[5])}},
        {0x00200052, {"UI", "1.2.3.4.9"}},
        {0x00280002, {"US", word(1)}},
        {0x00280004, {"CS", photometric}},
        {0x00280010, {"US", word(rows)}},
        {0x00280011, {"US", word(columns)}},
        {0x00280030, {"DS", fmt::format("{:g}\\{:g}", spacing[0], spacing[1])}},
        {0x00280100, {"US", word(16)}},
        {0x00280101, {"US", word(16)}},
        {0x00280102, {"US", word(15)}},
        {0x00280103, {"US", word(1)}},
        {0x00281052, {"DS", inter}},
        {0x00281053, {"DS", slope}}};
    auto values = pixels;
    if (values.empty()) values.assign(static_cast<std::size_t>(rows * columns), static_cast<std::int16_t>(number));
    elements[0x7FE00010] = {"OW", std::string(reinterpret_cast<const char*>(values.data()), values.size() * 2)};
    for (const auto& [tag, value] : changed) elements[tag].second = value;
    for (const auto tag : left_out) elements.erase(tag);
    const auto meta = element(0x00020001, "OB", std::string("\0\1", 2)) +
                      element(0x00020002, "UI", elements[0x00080016].second) + element(0x00020003, "UI", instance) +
                      element(0x00020010, "UI", "1.2.840.10008.1.2.1") + element(0x00020012, "UI", "1.2.3");
    const auto length = static_cast<std::uint32_t>(meta.size());
    std::string file(128, '\0');
    file += "DICM" + element(0x00020000, "UL", std::string(reinterpret_cast<const char*>(&length), 4)) + meta;
    for (const auto& [tag, value] : elements) file += element(tag, value.first, value.second);
    return file;
  }

  static std::string word(int value) { return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)}; }
  static std::string element(std::uint32_t tag, const std::string& vr, std::string value) {
    if (value.size() % 2 != 0) value += vr == "UI" || vr[0] == 'O' ? '\0' : ' ';
    std::string out = word(static_cast<int>(tag >> 16)) + word(static_cast<int>(tag & 0xFFFF)) + vr;
    const auto length = static_cast<std::uint32_t>(value.size());
    if (vr[0] == 'O' || vr == "SQ" || vr == "UN") {
      out += std::string(2, '\0');
      out.append(reinterpret_cast<const char*>(&length), 4);
    } else {
      out += word(static_cast<int>(length));
    }
    return out + value;
  }
};

}  // namespace plexus::test
