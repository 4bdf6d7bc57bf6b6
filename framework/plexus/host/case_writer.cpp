#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/dicom_seg.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/report/overlay.hpp>

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
  for (const auto& [name, rgb] : prediction.pictures) {
    const auto file = folder_ / (safe_name(sample.case_id) + "_" + safe_name(name));
    if (name.ends_with(".jpg"))
      write_image(file, rgb.permute({2, 0, 1}).unsqueeze(1), {});
    else
      write_file(file.string() + ".png", picture_png(rgb));
  }
  const auto known = find_values(sample.case_id);
  if (known != values_.end()) values_.erase(known);
  if (!prediction.values.empty()) values_.emplace_back(sample.case_id, prediction.values);
}

void CaseWriter::finish() const {
  Table table({"case", "name", "value"});
  for (const auto& [id, values] : values_)
    for (const auto& [name, value] : values) table.add({id, name, format_real(value)});
  if (!table.rows().empty()) write_file(folder_ / "values.csv", table.csv());
}

CaseWriter::Values CaseWriter::read_values(const std::filesystem::path& folder) {
  Values values;
  const auto file = folder / "values.csv";
  if (!std::filesystem::exists(file)) return values;
  const Table table = Table::parse_csv(read_file(file), file.string());
  for (const auto& row : table.rows())
    if (row.size() == 3) values[row[0]].emplace_back(row[1], parse_real(row[2]).value_or(std::nan("")));
  return values;
}

void CaseWriter::keep_values() {
  for (auto& [id, values] : read_values(folder_)) values_.emplace_back(id, std::move(values));
}

CaseWriter::CaseValues::const_iterator CaseWriter::find_values(const std::string& case_id) const {
  return std::find_if(values_.begin(), values_.end(), [&](const auto& one) { return one.first == case_id; });
}

bool CaseWriter::has(const std::string& case_id) const {
  return std::filesystem::exists(label_file(case_id)) || find_values(case_id) != values_.end();
}

}  // namespace plexus
