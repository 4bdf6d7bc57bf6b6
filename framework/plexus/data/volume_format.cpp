#include <plexus/data/volume_format.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/dicom_header.hpp>

namespace plexus {
namespace {

// Longer suffixes first.
constexpr std::pair<const char*, VolumeFormat> known_suffixes[] = {
    {".nii.gz", VolumeFormat::nifti},      {".nii", VolumeFormat::nifti},      {".hdr.gz", VolumeFormat::nifti_pair},
    {".img.gz", VolumeFormat::nifti_pair}, {".hdr", VolumeFormat::nifti_pair}, {".img", VolumeFormat::nifti_pair},
    {".nrrd", VolumeFormat::nrrd},         {".nhdr", VolumeFormat::nrrd},      {".mha", VolumeFormat::meta},
    {".mhd", VolumeFormat::meta},          {".png", VolumeFormat::picture},    {".jpg", VolumeFormat::picture},
    {".jpeg", VolumeFormat::picture},      {".tif", VolumeFormat::picture},    {".tiff", VolumeFormat::picture},
    {".bmp", VolumeFormat::picture},       {".gif", VolumeFormat::picture},    {".h5", VolumeFormat::h5},
    {".hdf5", VolumeFormat::h5},           {".npy", VolumeFormat::npy},           {".npz", VolumeFormat::npz},        {".dcm", VolumeFormat::dicom},
    {".ima", VolumeFormat::dicom}};

struct SuffixFormat {
  std::string suffix;
  VolumeFormat format = VolumeFormat::none;
};

SuffixFormat format_of_name(const std::filesystem::path& path) {
  auto name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [suffix, format] : known_suffixes)
    if (name.size() > std::string(suffix).size() && name.ends_with(suffix)) return {suffix, format};
  return {};
}

}  // namespace

VolumeFormat volume_format(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return VolumeFormat::dicom;
  const auto format = format_of_name(path).format;
  return format == VolumeFormat::none && is_dicom_file(path) ? VolumeFormat::dicom : format;
}

std::string volume_formats_text() {
  return "formats: .nii .nii.gz .hdr/.img .nrrd .nhdr .mha .mhd .h5 .npy .npz .png .jpg .tif .bmp .gif, folders of DICOM files";
}

bool is_volume_file(const std::filesystem::path& path) {
  const auto name = format_of_name(path);
  return name.format != VolumeFormat::none && name.format != VolumeFormat::dicom && !name.suffix.starts_with(".img");
}

std::string volume_stem(const std::filesystem::path& path) {
  auto plain = path;
  if (!plain.has_filename()) plain = plain.parent_path();  // a folder written with a slash behind
  const auto name = plain.filename().string();
  return name.substr(0, name.size() - format_of_name(plain).suffix.size());
}

std::vector<std::filesystem::path> volumes_in(const std::filesystem::path& folder) {
  if (is_dicom_folder(folder)) return {folder};
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    // Archives made on a Mac hold a "._case.nii.gz" beside each file.
    if (entry.path().filename().string().starts_with('.')) continue;
    if (entry.is_directory() ? is_dicom_folder(entry.path()) : is_volume_file(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::map<std::string, std::filesystem::path> volumes_by_name(const std::filesystem::path& folder) {
  std::map<std::string, std::filesystem::path> found;
  if (!std::filesystem::is_directory(folder)) return found;
  for (const auto& path : volumes_in(folder)) {
    const auto [place, fresh] = found.emplace(volume_stem(path), path);
    if (!fresh)
      throw Error(ErrorKind::data,
                  fmt::format("{} and {} are one case", place->second.filename().string(), path.filename().string()),
                  folder.string(), "keep one of them");
  }
  return found;
}

}  // namespace plexus
