#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include <plexus/data/dicom.hpp>

namespace plexus {

// Writes a label map [D, H, W] on the grid of a series as a DICOM Segmentation object (PS3.3, A.51; binary, one segment a
// label value, frames of planes that hold none are left out), atomically. Patient, study and frame of reference are those of
// the series; every frame points to the slice it was drawn from. Segments are named after `names` ("label 2" where it has
// none) and coded as "Anatomical Structure / Tissue" of SNOMED CT. Label 0 is the background. An empty label gets all segments
// that have names, with one blank frame each.
// Throws Error(data): a label of another size, no segment and no names, a source without slices of their own (multi-frame), more
// than 65535 labels; Error(resource) where the disk is full.
void write_dicom_seg(const std::filesystem::path& path, const at::Tensor& label, const DicomSeries& source,
                     const std::map<std::int64_t, std::string>& names);

}  // namespace plexus
