// dicom_tool series SCAN FOLDER: the voxels of a volume as the slices of a tilted DICOM series, named against their order.
// dicom_tool threshold SERIES SEG MASK: labels of the values above the mean and above three times it, as DICOM-SEG and as NIfTI.
// dicom_tool check SEG SERIES MASK: reads a DICOM-SEG with DCMTK and compares it, frame by frame, with the slices of the series
// that it refers to and with the same mask as NIfTI. Prints what it found; exit code 1 where anything differs.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmfg/fgseg.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <dcmtk/dcmseg/segutils.h>
#include <dcmtk/oflog/oflog.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/dicom.hpp>
#include <plexus/data/dicom_header.hpp>
#include <plexus/data/dicom_seg.hpp>
#include <plexus/data/volume.hpp>

#include "support/dicom_file.hpp"

namespace {

using namespace plexus;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorKind::verification, what); }

void write_series(const std::string& scan, const std::filesystem::path& folder) {
  const auto volume = read_volume(scan);
  auto voxels = volume.data[0].to(at::kFloat);
  voxels = ((voxels - voxels.min()) * (1000 / (voxels.max() - voxels.min()))).round().to(at::kShort).contiguous();
  const auto& spacing = volume.geometry.spacing;
  const double c = std::cos(0.3), s = std::sin(0.3);
  make_folder(folder);
  for (std::int64_t k = 0; k < voxels.size(0); ++k) {
    test::DicomSlice slice;
    slice.orientation = {c, s, 0, 0, 0, -1};
    const double along = spacing[2] * static_cast<double>(k);
    slice.position = {-40 - s * along, 25 + c * along, 60};
    slice.spacing = {spacing[1], spacing[0]};
    slice.number = static_cast<int>(k) + 1;
    slice.instance = fmt::format("1.2.3.4.5.{}", k + 1);
    slice.rows = static_cast<int>(voxels.size(1));
    slice.columns = static_cast<int>(voxels.size(2));
    const auto* values = voxels[k].const_data_ptr<std::int16_t>();
    slice.pixels.assign(values, values + voxels[k].numel());
    write_file(folder / fmt::format("IM{:04}", 9000 - k), slice.bytes());
  }
}

void write_threshold(const std::string& folder, const std::string& seg, const std::string& mask) {
  const auto volume = read_volume(folder);
  const double mean = volume.data.to(at::kDouble).mean().item<double>();
  const auto label = (volume.data[0] > mean).to(at::kByte) + (volume.data[0] > 3 * mean).to(at::kByte);
  write_dicom_seg(seg, label, *volume.header->dicom(), {{1, "above the mean"}, {2, "bright"}});
  write_label(mask, label, volume.geometry);
}

template <class Group>
Group& group_of(FGInterface& groups, Uint32 frame, DcmFGTypes::E_FGType type) {
  auto* group = dynamic_cast<Group*>(groups.get(frame, type));
  if (group == nullptr) fail(fmt::format("frame {} lacks a functional group", frame));
  return *group;
}

std::vector<std::int64_t> ids_in(const at::Tensor& mask) {
  std::vector<std::int64_t> ids;
  const auto unique = std::get<0>(at::_unique(mask, true));
  for (std::int64_t i = 0; i < unique.numel(); ++i)
    if (const auto id = unique[i].item().to<std::int64_t>(); id != 0) ids.push_back(id);
  return ids;
}

void check(const std::string& file, const std::string& folder, const std::string& mask_file) {
  const auto volume = read_volume(folder);
  const auto series = volume.header->dicom();
  const auto mask = read_volume(mask_file, {.label = true});
  if (corner_distance(mask.geometry, volume.geometry, volume.data.sizes().slice(1)) > 1e-3) fail("the mask lies elsewhere");
  const auto ids = ids_in(mask.data[0]);

  DcmSegmentation* loaded = nullptr;
  if (const auto done = DcmSegmentation::loadFile(file.c_str(), loaded); done.bad()) fail(std::string("not readable: ") + done.text());
  const std::unique_ptr<DcmSegmentation> seg(loaded);
  std::string names;
  for (std::size_t n = 1; n <= seg->getNumberOfSegments(); ++n) {
    OFString name;
    seg->getSegment(n)->getSegmentLabel(name);
    names += std::string(n > 1 ? ", " : "") + name.c_str();
  }
  auto drawn = at::zeros_like(mask.data[0]);
  for (std::size_t n = 0; n < seg->getNumberOfFrames(); ++n) {
    const auto frame = static_cast<Uint32>(n);
    auto& groups = seg->getFunctionalGroups();
    Uint16 number = 0;
    group_of<FGSegmentation>(groups, frame, DcmFGTypes::EFG_SEGMENTATION).getReferencedSegmentNumber(number);
    OFString uid;
    auto& sources = group_of<FGDerivationImage>(groups, frame, DcmFGTypes::EFG_DERIVATIONIMAGE).getDerivationImageItems();
    sources.at(0)->getSourceImageItems().at(0)->getImageSOPInstanceReference().getReferencedSOPInstanceUID(uid);
    std::int64_t plane = -1;
    for (std::size_t k = 0; k < series->planes.size(); ++k)
      if (read_dicom_header(series->planes[k]).text(dicom_tag::sop_instance) == uid.c_str()) plane = static_cast<std::int64_t>(k);
    if (plane < 0) fail(fmt::format("frame {} refers to {}, which is not of the series", n, uid.c_str()));
    const auto own = read_dicom_header(series->planes[static_cast<std::size_t>(plane)]).numbers(dicom_tag::position);
    auto& place = group_of<FGPlanePosPatient>(groups, frame, DcmFGTypes::EFG_PLANEPOSPATIENT);
    for (unsigned long axis = 0; axis < 3; ++axis) {
      OFString text;
      place.getImagePositionPatient(text, static_cast<signed long>(axis));
      if (std::abs(parse_real(text.c_str()).value_or(1e9) - own[axis]) > 1e-4) fail(fmt::format("frame {} lies off its slice", n));
    }
    const std::unique_ptr<DcmIODTypes::Frame> bits(
        DcmSegUtils::unpackBinaryFrame(seg->getFrame(n), static_cast<Uint16>(series->rows), static_cast<Uint16>(series->columns)));
    if (!bits) fail(fmt::format("frame {} has no pixels", n));
    const auto pixels = at::from_blob(bits->pixData, {series->rows, series->columns}, at::kByte).ne(0);
    if (number < 1 || (!ids.empty() && number > ids.size())) fail(fmt::format("frame {} is of segment {}", n, number));
    if (!ids.empty()) drawn[plane].masked_fill_(pixels, ids[number - 1u]);
    if (ids.empty() && pixels.any().item<bool>()) fail("the mask is empty, the segmentation is not");
  }
  if (!at::equal(drawn, mask.data[0])) fail("the frames make another mask");
  std::puts(fmt::format("{} frames of {} segments ({}), {} voxels: as the mask, each on its slice", seg->getNumberOfFrames(),
                        seg->getNumberOfSegments(), names, drawn.ne(0).sum().item<std::int64_t>())
                .c_str());
}

}  // namespace

int main(int argc, char** argv) {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    if (args.size() == 3 && args[0] == "series") {
      write_series(args[1], args[2]);
    } else if (args.size() == 4 && args[0] == "threshold") {
      write_threshold(args[1], args[2], args[3]);
    } else if (args.size() == 4 && args[0] == "check") {
      check(args[1], args[2], args[3]);
    } else {
      fail("usage: dicom_tool series SCAN FOLDER | threshold SERIES SEG MASK | check SEG SERIES MASK");
    }
  } catch (const std::exception& error) {
    std::fputs((std::string(error.what()) + "\n").c_str(), stderr);
    return 1;
  }
  return 0;
}
