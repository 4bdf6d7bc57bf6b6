#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace plexus {

// What a name says that a file is.
enum class VolumeFormat { none, nifti, nifti_pair, nrrd, meta, picture, dicom, h5, npy, npz };

// By the suffix alone, upper or lower case; dicom for a folder and for a file named .dcm, .ima or with no suffix but DICOM's
// mark. none: no format has this suffix.
VolumeFormat volume_format(const std::filesystem::path& path);
// "formats: .nii .nii.gz …", for hints.
std::string volume_formats_text();

// Whether a file is one volume by its suffix: so not the .img of a pair, whose .hdr counts, nor a .dcm, whose folder does.
bool is_volume_file(const std::filesystem::path& path);
// The file's name without the volume suffix, the folder's name: "case_1.nii.gz" -> "case_1".
std::string volume_stem(const std::filesystem::path& path);
// The volumes in a folder, sorted by path: files by their suffix, folders that hold DICOM files; the folder itself where it
// is such a one. Hidden files are left out.
std::vector<std::filesystem::path> volumes_in(const std::filesystem::path& folder);
// The same by their name without suffix; none where there is no such folder. Throws Error(data) for two of one name.
std::map<std::string, std::filesystem::path> volumes_by_name(const std::filesystem::path& folder);

}  // namespace plexus
