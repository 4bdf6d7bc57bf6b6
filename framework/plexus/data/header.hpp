#pragma once
#include <memory>
#include <utility>

#include <plexus/data/nifti.hpp>

namespace plexus {

struct DicomSeries;

// What the input's file said beside its voxels, for outputs that shall say the same: a NIfTI header, or a DICOM series.
class Header {
 public:
  explicit Header(NiftiHeader nifti) : nifti_(std::make_shared<NiftiHeader>(std::move(nifti))) {}
  explicit Header(std::shared_ptr<const DicomSeries> dicom) : dicom_(std::move(dicom)) {}
  // Null where the input was something else.
  const NiftiHeader* nifti() const noexcept { return nifti_.get(); }
  const std::shared_ptr<const DicomSeries>& dicom() const noexcept { return dicom_; }

 private:
  std::shared_ptr<const NiftiHeader> nifti_;
  std::shared_ptr<const DicomSeries> dicom_;
};

}  // namespace plexus
