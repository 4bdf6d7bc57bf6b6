#include <plexus/host/commands/reading_options.hpp>

namespace plexus {

void ReadingOptions::declare(CommandLine& line) {
  line.option("series", '\0', read_.series, "UID", "the series of a DICOM folder; default: the one of the most slices");
  line.flag("uneven", '\0', read_.uneven, "read DICOM series with missing slices or mixed spacing, with a note");
  line.option("on-shear", '\0', on_shear_, "HOW",
              "axes off their right angles: refuse them, take the nearest right ones (places move), or resample (places stay)")
      .one_of({"error", "nearest", "resample"});
}

ReadOptions ReadingOptions::options() const {
  ReadOptions options = read_;
  options.on_shear = on_shear_of(on_shear_);
  return options;
}

}  // namespace plexus
