#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/dicom_seg.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>

namespace plexus {
namespace {

// A single picture is a volume of one slice.
at::Tensor as_volume(const at::Tensor& field, std::int64_t spatial) { return spatial == 2 ? field.unsqueeze(-3) : field; }

}  // namespace

CaseWriter::CaseWriter(std::filesystem::path folder, Steps steps) : folder_(std::move(folder)), steps_(std::move(steps)) {
  make_folder(folder_);
}

std::filesystem::path CaseWriter::label_file(const std::filesystem::path& folder, const std::string& case_id) {
  return folder / (safe_name(case_id) + ".nii.gz");
}

std::filesystem::path CaseWriter::map_file(const std::filesystem::path& folder, const std::string& case_id,
                                           const std::string& field) {
  return folder / (safe_name(case_id) + "_" + safe_name(field) + ".nii.gz");
}

std::filesystem::path CaseWriter::label_file(const std::string& case_id) const {
  return dicom_seg_ ? folder_ / (safe_name(case_id) + ".dcm") : label_file(folder_, case_id);
}

void CaseWriter::use_dicom_seg(std::map<std::int64_t, std::string> names) {
  dicom_seg_ = true;
  names_ = std::move(names);
}

void CaseWriter::write_label_map(const Sample& sample, const at::Tensor& label) const {
  const auto file = label_file(sample.case_id);
  if (!dicom_seg_) return write_label(file, label, sample.geometry, sample.header.get());
  const auto series = sample.header ? sample.header->dicom() : nullptr;
  if (!series)
    throw Error(ErrorKind::data, "is no DICOM series, which DICOM-SEG has to point to", sample.case_id,
                "write NIfTI: --format nifti");
  write_dicom_seg(file, label, *series, names_);
}

void CaseWriter::write(const Sample& sample, const Prediction& prediction) {
  const std::int64_t spatial = sample.fields.at("image").dim() - 1;
  const Sample source = as_source(sample);
  for (const auto& [name, field] : prediction.fields) {
    if (name == "label")
      write_label_map(source, as_volume(restore_label(field, sample, steps_), spatial));
    else
      write_image(map_file(folder_, sample.case_id, name),
                  as_volume(restore_map(field, sample), spatial), source.geometry, source.header.get());
  }
  for (const auto& [name, value] : prediction.values) values_.add({sample.case_id, name, format_real(value)});
}

void CaseWriter::finish() {
  if (!values_.rows().empty()) write_file(folder_ / "values.csv", values_.csv());
}

}  // namespace plexus
