#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plexus {

// 0xGGGGEEEE: group and element.
using DicomTag = std::uint32_t;
namespace dicom_tag {
constexpr DicomTag media_class = 0x00020002, transfer_syntax = 0x00020010, sop_class = 0x00080016, sop_instance = 0x00080018, modality = 0x00080060,
                   series_description = 0x0008103E, slice_thickness = 0x00180050, slice_spacing = 0x00180088,
                   detector_spacing = 0x00181164, study = 0x0020000D, series = 0x0020000E, acquisition = 0x00200012,
                   instance_number = 0x00200013, position = 0x00200032, orientation = 0x00200037, samples = 0x00280002,
                   photometric = 0x00280004, frames = 0x00280008, rows = 0x00280010, columns = 0x00280011,
                   pixel_spacing = 0x00280030, bits = 0x00280100, inter = 0x00281052, slope = 0x00281053, pixels = 0x7FE00010;
}

// The elements of a DICOM file (PS3.10, PS3.5) outside its sequences. All of the file is walked, sequences included, and
// every length compared with what the file has: readers that take them at their word ask for up to 4 GiB an element.
struct DicomHeader {
  std::filesystem::path path;
  std::map<DicomTag, std::string> values;  // of at most 1 KiB, as stored
  bool big_endian = false;
  std::uint64_t pixel_bytes = 0;  // as stored, 0 where there are none
  bool compressed = false;        // pixels in fragments

  bool has(DicomTag tag) const { return values.contains(tag); }
  std::string text(DicomTag tag) const;                    // without padding, "" where absent
  std::vector<double> numbers(DicomTag tag) const;         // of a text of decimals; empty where absent or damaged
  std::optional<double> number(DicomTag tag) const;        // the only one
  std::optional<std::uint16_t> whole(DicomTag tag) const;  // of a binary unsigned short
};

// Throws Error(data): no mark "DICM", cut short, lengths beyond the file or the sequence, deflated data sets.
DicomHeader read_dicom_header(const std::filesystem::path& path);
// By the mark "DICM" behind 128 bytes.
bool is_dicom_file(const std::filesystem::path& path);
// Whether one of the first 64 files of a folder, by name, is one, or is called so: .dcm, .ima.
bool is_dicom_folder(const std::filesystem::path& folder);

}  // namespace plexus
