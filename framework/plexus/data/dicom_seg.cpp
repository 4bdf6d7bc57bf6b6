// DCMTK's configuration comes before its other headers.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <dcmtk/oflog/oflog.h>

#include <plexus/data/dicom_seg.hpp>

#include <algorithm>
#include <memory>
#include <mutex>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/dicom_header.hpp>
#include <plexus/sdk/version.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// One object being made; every call of DCMTK that fails throws.
class SegmentationFile {
 public:
  SegmentationFile(const fs::path& path, const DicomSeries& source) : path_(path), source_(source) {
    ContentIdentificationMacro* content = nullptr;
    check(ContentIdentificationMacro::create("1", "SEGMENTATION", "Predicted segmentation", "Plexus", content), "content");
    const std::unique_ptr<ContentIdentificationMacro> owner(content);
    const IODGeneralEquipmentModule::EquipmentInfo equipment("Plexus", "Plexus", "0", version());
    DcmSegmentation* made = nullptr;
    check(DcmSegmentation::createBinarySegmentation(made, static_cast<Uint16>(source.rows), static_cast<Uint16>(source.columns),
                                                    equipment, *content),
          "object");
    object_.reset(made);
    check(object_->importHierarchy(source.planes[0].c_str(), OFTrue, OFTrue, OFTrue, OFFalse), "patient and study");
    object_->getSeries().setSeriesNumber("300");
    object_->getSeries().setSeriesDescription("Segmentation");
    object_->getSeries().setPatientPosition("");
    add_dimensions();
    add_shared();
    for (const auto& plane : source.planes) add_source(plane);
  }

  Uint16 add_segment(const std::string& name) {
    DcmSegment* segment = nullptr;
    const CodeSequenceMacro category("85756007", "SCT", "Tissue"), type("91723000", "SCT", "Anatomical Structure");
    check(DcmSegment::create(segment, name.substr(0, 64).c_str(), category, type, DcmSegTypes::SAT_AUTOMATIC, "Plexus"),
          "segment");
    Uint16 number = 0;
    check(object_->addSegment(segment, number), "segment");
    return number;
  }

  // `mask`: [H, W] uint8, not 0 where the segment is.
  void add_frame(const at::Tensor& mask, Uint16 segment, std::int64_t plane) {
    const auto& origin = origins_[static_cast<std::size_t>(plane)];
    FGFrameContent content;
    check(content.setStackID("1"), "frame");
    check(content.setInStackPositionNumber(static_cast<Uint32>(plane + 1)), "frame");
    check(content.setDimensionIndexValues(segment, 0), "frame");
    check(content.setDimensionIndexValues(static_cast<Uint32>(plane + 1), 1), "frame");
    const std::unique_ptr<FGPlanePosPatient> position(
        FGPlanePosPatient::createMinimal(decimal(origin[0]).c_str(), decimal(origin[1]).c_str(), decimal(origin[2]).c_str()));
    OFVector<ImageSOPInstanceReferenceMacro> drawn_from;
    drawn_from.push_back(references_[static_cast<std::size_t>(plane)]);
    const std::unique_ptr<FGDerivationImage> derivation(DcmSegmentation::createDerivationImageFG(drawn_from, ""));
    if (!position || !derivation) fail("frame");
    OFVector<FGBase*> groups;
    groups.push_back(&content);
    groups.push_back(position.get());
    groups.push_back(derivation.get());
    auto pixels = mask.contiguous();
    check(object_->addFrame(pixels.mutable_data_ptr<std::uint8_t>(), segment, groups), "frame");
  }

  void save(const fs::path& part) { check(object_->saveFile(part.c_str()), "file"); }

 private:
  static const char* version() { return PLEXUS_VERSION; }

  [[noreturn]] void fail(const std::string& what, const std::string& why = "") const {
    throw Error(ErrorKind::data,
                fmt::format("no DICOM-SEG can be made, the {} is refused{}{}", what, why.empty() ? "" : ": ", why),
                path_.string(), "write NIfTI instead");
  }
  void check(const OFCondition& done, const std::string& what) const {
    if (done.bad()) fail(what, done.text());
  }

  // "DS" values have at most 16 characters.
  static std::string decimal(double value) {
    for (int digits = 12; digits > 1; --digits) {
      auto text = fmt::format("{:.{}g}", value, digits);
      if (text.size() <= 16) return text;
    }
    return "0";
  }
  void add_dimensions() {
    char uid[100];
    dcmGenerateUniqueIdentifier(uid, SITE_INSTANCE_UID_ROOT);
    auto& dimensions = object_->getDimensions();
    check(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, uid, DCM_SegmentIdentificationSequence, "Segment"),
          "dimension");
    check(dimensions.addDimensionIndex(DCM_ImagePositionPatient, uid, DCM_PlanePositionSequence, "Position"), "dimension");
  }

  void add_shared() {
    const auto& geometry = source_.geometry;
    FGPixelMeasures measures;
    check(measures.setPixelSpacing((decimal(geometry.spacing[1]) + "\\" + decimal(geometry.spacing[0])).c_str()), "spacing");
    check(measures.setSliceThickness(decimal(geometry.spacing[2]).c_str()), "spacing");
    check(measures.setSpacingBetweenSlices(decimal(geometry.spacing[2]).c_str()), "spacing");
    check(object_->addForAllFrames(measures), "spacing");
    std::array<std::string, 6> cosines;
    for (std::size_t i = 0; i < 6; ++i) cosines[i] = decimal(geometry.direction[3 * (i % 3) + i / 3]);
    const std::unique_ptr<FGPlaneOrientationPatient> orientation(
        FGPlaneOrientationPatient::createMinimal(cosines[0].c_str(), cosines[1].c_str(), cosines[2].c_str(), cosines[3].c_str(),
                                                 cosines[4].c_str(), cosines[5].c_str()));
    if (!orientation) fail("orientation");
    check(object_->addForAllFrames(*orientation), "orientation");
  }

  // A slice of the source: what refers to it, and where it lies in its own words.
  void add_source(const fs::path& file) {
    const auto header = read_dicom_header(file);
    ImageSOPInstanceReferenceMacro reference;
    check(reference.setReferencedSOPClassUID(header.text(dicom_tag::sop_class).c_str()), "reference to " + file.string());
    check(reference.setReferencedSOPInstanceUID(header.text(dicom_tag::sop_instance).c_str()), "reference to " + file.string());
    references_.push_back(reference);
    origins_.push_back(header.numbers(dicom_tag::position));
    if (origins_.back().size() != 3) fail("position of " + file.string());
  }

  fs::path path_;
  const DicomSeries& source_;
  std::unique_ptr<DcmSegmentation> object_;
  std::vector<ImageSOPInstanceReferenceMacro> references_;
  std::vector<std::vector<double>> origins_;
};

void quiet_dcmtk() {
  static std::once_flag once;
  std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

}  // namespace

void write_dicom_seg(const fs::path& path, const at::Tensor& label, const DicomSeries& source,
                     const std::map<std::int64_t, std::string>& names) {
  const auto planes = static_cast<std::int64_t>(source.planes.size());
  if (source.multi_frame || !source.geometry.known)
    throw Error(ErrorKind::data, "a DICOM-SEG needs a series of slices with positions", source.planes[0].string(),
                "write NIfTI instead");
  if (label.dim() != 3 || label.is_floating_point()) throw std::logic_error("write_dicom_seg takes integers [D, H, W]");
  if (label.sizes() != at::IntArrayRef{planes, source.rows, source.columns})
    throw Error(ErrorKind::data,
                fmt::format("a label of {} x {} x {} voxels does not lie on the series of {} x {} x {}", label.size(2),
                            label.size(1), label.size(0), source.columns, source.rows, planes),
                path.string());
  const auto values = label.to(at::kCPU, at::kLong);
  std::vector<std::int64_t> ids;
  const auto unique = std::get<0>(at::_unique(values, true));
  for (std::int64_t i = 0; i < unique.numel(); ++i)
    if (const auto id = unique[i].item<std::int64_t>(); id != 0) ids.push_back(id);
  // That nothing was found is said by the segments that were looked for, with one blank frame: the object needs some.
  const bool blank = ids.empty();
  if (blank)
    for (const auto& [id, name] : names)
      if (id != 0) ids.push_back(id);
  if (ids.empty())
    throw Error(ErrorKind::data, "an empty label without names has no segment, which DICOM-SEG needs", path.string(),
                "write NIfTI instead");
  if (ids.size() > 65535) throw Error(ErrorKind::data, "more than 65535 labels", path.string(), "write NIfTI instead");
  quiet_dcmtk();
  SegmentationFile file(path, source);
  for (const auto id : ids) {
    const auto found = names.find(id);
    const auto segment = file.add_segment(found == names.end() ? fmt::format("label {}", id) : found->second);
    for (std::int64_t k = 0; k < planes; ++k) {
      throw_if_stopped();
      const auto mask = values[k].eq(id).to(at::kByte);
      if ((blank && k == 0) || mask.any().item<bool>()) file.add_frame(mask, segment, k);
    }
  }
  write_atomically(path, [&](const fs::path& part) { file.save(part); });
}

}  // namespace plexus
