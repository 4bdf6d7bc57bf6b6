#include <ATen/ATen.h>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>

namespace plexus {
namespace {

// A single picture is a volume of one slice.
at::Tensor as_volume(const at::Tensor& field, std::int64_t spatial) { return spatial == 2 ? field.unsqueeze(-3) : field; }

}  // namespace

CaseWriter::CaseWriter(std::filesystem::path folder) : folder_(std::move(folder)) { make_folder(folder_); }

std::filesystem::path CaseWriter::label_file(const std::filesystem::path& folder, const std::string& case_id) {
  return folder / (safe_name(case_id) + ".nii.gz");
}

void CaseWriter::write(const Sample& sample, const Prediction& prediction) {
  const std::int64_t spatial = sample.fields.at("image").dim() - 1;
  for (const auto& [name, field] : prediction.fields) {
    if (name == "label")
      write_label(label_file(folder_, sample.case_id), as_volume(field, spatial), sample.geometry, sample.header.get());
    else
      write_image(folder_ / (safe_name(sample.case_id) + "_" + safe_name(name) + ".nii.gz"), as_volume(field, spatial),
                  sample.geometry, sample.header.get());
  }
  for (const auto& [name, value] : prediction.values) values_.add({sample.case_id, name, format_real(value)});
}

void CaseWriter::finish() {
  if (!values_.rows().empty()) write_file(folder_ / "values.csv", values_.csv());
}

}  // namespace plexus
