#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/dicom.hpp>
#include <plexus/data/dicom_header.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;
namespace tag = dicom_tag;
using Direction = std::array<double, 3>;

double along(const Direction& a, const Direction& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

struct Slice {
  fs::path path;
  std::string instance;
  std::vector<double> position, orientation, spacing;
  std::int64_t rows = 0, columns = 0, frames = 1;
  double acquisition = 0, number = 0, thickness = 1;
  double place = 0;  // along the normal
};

struct Group {
  std::string uid, description, modality;
  std::vector<Slice> slices;
};

// Series, size and orientation to a thousandth: what may be stacked.
using GroupKey = std::tuple<std::string, std::int64_t, std::int64_t, std::array<long, 6>>;

// Of a folder: what is DICOM, and what is called as if it were, but is cut so short that nothing says so.
struct Beside {
  std::vector<fs::path> files, others;
};

Beside files_beside(const fs::path& path) {
  if (!fs::is_directory(path)) return {{path}, {}};
  Beside beside;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (!entry.is_regular_file() || entry.path().filename().string().starts_with(".")) continue;
    (is_dicom_file(entry.path()) ? beside.files : beside.others).push_back(entry.path());
  }
  std::sort(beside.files.begin(), beside.files.end());
  std::sort(beside.others.begin(), beside.others.end());
  return beside;
}

// Whether a file without pixels ought to have some: by its class (PS3.4 B.5), or because it is cut before it names one.
bool lacks_its_pixels(const DicomHeader& header) {
  const std::string storage = "1.2.840.10008.5.1.4.1.1.";
  auto kind = header.text(tag::sop_class);
  if (kind.empty()) kind = header.text(tag::media_class);
  if (kind.empty()) return true;
  if (!kind.starts_with(storage)) return false;  // directories, protocols, private kinds
  const auto below = kind.substr(storage.size());
  for (const char* without : {"9.", "11.", "67", "88.", "104.", "481.3", "481.4", "481.5", "481.6", "481.7", "481.8", "481.9", "68."})
    if (below.starts_with(without)) return false;
  return below != "66" && below != "66.1" && below != "66.2" && below != "66.3" && below != "66.5";
}

// "IM0012" -> "IM####".
std::string shape_of_name(const fs::path& file) {
  auto name = file.filename().string();
  for (char& letter : name)
    if (letter >= '0' && letter <= '9') letter = '#';
  return name;
}

// A slice that is lost to damage at the end of a series leaves no gap: its file is what tells of it.
void refuse_broken(const Group& group, const std::map<std::string, std::vector<fs::path>>& broken, const std::vector<fs::path>& others,
                   const fs::path& path) {
  const auto refuse = [&](const fs::path& file, const char* what) {
    throw Error(ErrorKind::data, fmt::format("{} {}", file.filename().string(), what), path.string(),
                "complete the series, or move that file away");
  };
  for (const auto& [series, files] : broken)
    if (series == group.uid || series.empty()) refuse(files.front(), "belongs to the series and holds no pixels");
  const auto suffix = group.slices.front().path.extension();
  std::set<std::string> shapes;
  for (const auto& slice : group.slices) shapes.insert(shape_of_name(slice.path));
  for (const auto& file : others)
    if (suffix.empty() ? shapes.contains(shape_of_name(file)) : file.extension() == suffix)
      refuse(file, "stands among the slices and is no DICOM file");
}

Slice slice_of(const DicomHeader& header) {
  Slice slice;
  slice.path = header.path;
  slice.instance = header.text(tag::sop_instance);
  slice.position = header.numbers(tag::position);
  slice.orientation = header.numbers(tag::orientation);
  slice.spacing = header.numbers(tag::pixel_spacing);
  if (slice.spacing.size() != 2) slice.spacing = header.numbers(tag::detector_spacing);
  slice.rows = header.whole(tag::rows).value_or(0);
  slice.columns = header.whole(tag::columns).value_or(0);
  slice.frames = static_cast<std::int64_t>(std::min(1e6, std::max(1.0, header.number(tag::frames).value_or(1))));
  slice.acquisition = header.number(tag::acquisition).value_or(0);
  slice.number = header.number(tag::instance_number).value_or(0);
  slice.thickness = header.number(tag::slice_spacing).value_or(header.number(tag::slice_thickness).value_or(1));
  return slice;
}

// `broken` takes the files, by series, that hold no pixels though they should.
std::map<GroupKey, Group> groups_in(const std::vector<fs::path>& files, const std::string& uid,
                                    std::map<std::string, std::vector<fs::path>>& broken) {
  std::map<GroupKey, Group> groups;
  for (const auto& file : files) {
    throw_if_stopped();
    const auto header = read_dicom_header(file);
    const auto series = header.text(tag::series);
    if (header.pixel_bytes == 0) {
      if (lacks_its_pixels(header)) broken[series].push_back(file);
      continue;
    }
    if (!uid.empty() && series != uid) continue;
    auto slice = slice_of(header);
    std::array<long, 6> orientation{};
    if (slice.orientation.size() == 6)
      for (std::size_t i = 0; i < 6; ++i) orientation[i] = std::lround(std::clamp(slice.orientation[i], -2.0, 2.0) * 1000);
    // A file of several frames is a volume of its own.
    const auto key_uid = slice.frames > 1 ? series + "\n" + file.string() : series;
    auto& group = groups[{key_uid, slice.rows, slice.columns, orientation}];
    group.uid = series;
    group.description = header.text(tag::series_description);
    group.modality = header.text(tag::modality);
    group.slices.push_back(std::move(slice));
  }
  return groups;
}

std::string told(const Group& group) {
  return fmt::format("{} ('{}', {} slices of {} x {})", group.uid, group.description,
                     group.slices.size() > 1 ? static_cast<std::int64_t>(group.slices.size()) : group.slices[0].frames,
                     group.slices[0].columns, group.slices[0].rows);
}

Group largest_group(const fs::path& path, std::map<GroupKey, Group> groups, std::vector<std::string>& notes) {
  std::vector<Group> all;
  for (auto& [key, group] : groups) all.push_back(std::move(group));
  const auto count = [](const Group& group) { return static_cast<std::int64_t>(group.slices.size()) * group.slices[0].frames; };
  std::stable_sort(all.begin(), all.end(), [&](const Group& a, const Group& b) { return count(a) > count(b); });
  if (all.size() > 1 && count(all[0]) == count(all[1]))
    throw Error(ErrorKind::data, fmt::format("holds several series of the most slices: {} and {}", told(all[0]), told(all[1])),
                path.string(), "say which by its SeriesInstanceUID (--series), or put each in a folder of its own");
  for (std::size_t i = 1; i < all.size(); ++i)
    notes.push_back(fmt::format("the series {} is taken, {} left out", told(all[0]), told(all[i])));
  return std::move(all[0]);
}

// Unit directions of rows, columns and normal; refuses what does not span a plane.
std::array<Direction, 3> axes_of(const Slice& slice) {
  const auto& o = slice.orientation;
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::data, what, slice.path.string(), "export the series again with its geometry");
  };
  if (slice.position.size() != 3) refuse("a slice without position (0020,0032) cannot be placed");
  if (o.size() != 6) refuse("a slice without orientation (0020,0037) cannot be placed");
  const Direction x{o[0], o[1], o[2]}, y{o[3], o[4], o[5]};
  const double lengths[2] = {along(x, x), along(y, y)};
  for (const double length : lengths)
    if (!(std::abs(length - 1) < 1e-2)) refuse("the orientation (0020,0037) holds no unit vectors");
  if (!(std::abs(along(x, y)) < 1e-2)) refuse("the orientation (0020,0037) is not at right angles");
  for (const double value : slice.position)
    if (!std::isfinite(value)) refuse("the position (0020,0032) is not finite");
  return {x, y, Direction{x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]}};
}

// Slices of one position lie together; each position as often as the first. Gives how often.
std::size_t repeats(const std::vector<Slice>& slices, const fs::path& path) {
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (i == 0 || slices[i].place - slices[i - 1].place > 1e-3)
      counts.push_back(1);
    else
      ++counts.back();
  }
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
  if (*low != *high) {
    throw Error(ErrorKind::data, fmt::format("some positions hold {} slices, others {}", *low, *high), path.string(),
                "put the slices of one volume into a folder of their own");
  }
  return counts[0];
}

// Compares the positions with even ones; a gap that holds whole slices is told as such.
void check_even(const std::vector<double>& places, const fs::path& path, bool uneven, std::vector<std::string>& notes) {
  if (places.size() < 3) return;
  const double mean = (places.back() - places.front()) / static_cast<double>(places.size() - 1);
  std::vector<double> gaps;
  double furthest = 0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    gaps.push_back(places[i] - places[i - 1]);
    furthest = std::max(furthest, std::abs(places[i] - places.front() - mean * static_cast<double>(i)));
  }
  if (furthest <= 0.01 * mean) return;
  auto sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[sorted.size() / 2];
  if (furthest <= 0.2 * mean) {
    notes.push_back(fmt::format("the slices lie up to {:.3g} mm off even spacing of {:.4g} mm", furthest, mean));
    return;
  }
  std::vector<std::string> missing;
  bool whole_steps = true;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double steps = gaps[i] / usual;
    whole_steps = whole_steps && std::abs(steps - std::round(steps)) < 0.1 && steps > 0.5;
    if (steps > 1.5)
      missing.push_back(fmt::format("{:g} between {:.2f} and {:.2f} mm", std::round(steps) - 1, places[i], places[i + 1]));
  }
  const auto problem =
      whole_steps ? fmt::format("slices are missing: {}", join(missing, ", "))
                  : fmt::format("the spacing of the slices is mixed: {:.3g} to {:.3g} mm", sorted.front(), sorted.back());
  if (!uneven) throw Error(ErrorKind::data, problem, path.string(), "complete the series, or read it as it is with --uneven");
  notes.push_back(problem + fmt::format("; {:.4g} mm is taken for all", mean));
}

void drop_copies(std::vector<Slice>& slices, std::vector<std::string>& notes) {
  std::set<std::string> seen;
  const auto before = slices.size();
  std::erase_if(slices, [&](const Slice& slice) { return !slice.instance.empty() && !seen.insert(slice.instance).second; });
  if (slices.size() < before)
    notes.push_back(fmt::format("{} files are copies of others and left out", before - slices.size()));
}

void set_geometry(DicomSeries& series, const std::vector<Slice>& planes, const std::array<Direction, 3>& axes) {
  auto& geometry = series.geometry;
  geometry.known = true;
  geometry.spacing = {planes[0].spacing[1], planes[0].spacing[0], planes[0].thickness};
  auto normal = axes[2];
  if (planes.size() > 1) {
    Direction way{};
    for (std::size_t row = 0; row < 3; ++row)
      way[row] = (planes.back().position[row] - planes.front().position[row]) / static_cast<double>(planes.size() - 1);
    geometry.spacing[2] = std::sqrt(along(way, way));
    // Kept only where it is a tilt: positions are rounded, and their sum would turn the normal a little.
    Direction unit = way;
    for (double& value : unit) value /= geometry.spacing[2];
    const double off = std::max(std::abs(along(unit, axes[0])), std::abs(along(unit, axes[1])));
    if (off > largest_shear) normal = unit;
  }
  for (std::size_t row = 0; row < 3; ++row) {
    geometry.origin[row] = planes[0].position[row];
    geometry.direction[3 * row] = axes[0][row];
    geometry.direction[3 * row + 1] = axes[1][row];
    geometry.direction[3 * row + 2] = normal[row];
  }
}

}  // namespace

DicomSeries find_dicom_series(const fs::path& path, const std::string& uid, bool uneven, std::vector<std::string>& notes) {
  auto wanted = uid;
  auto folder = path;
  if (!fs::is_directory(path)) {
    const auto header = read_dicom_header(path);
    if (header.pixel_bytes == 0) throw Error(ErrorKind::data, "holds no pixels", path.string());
    if (wanted.empty()) wanted = header.text(tag::series);
    const bool alone = wanted.empty() || header.number(tag::frames).value_or(1) > 1;
    if (!alone) folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  }
  const auto beside = files_beside(folder);
  if (beside.files.empty()) throw Error(ErrorKind::data, "holds no DICOM files", folder.string());
  std::map<std::string, std::vector<fs::path>> broken;
  auto groups = groups_in(beside.files, wanted, broken);
  if (groups.empty()) {
    throw Error(ErrorKind::data,
                wanted.empty() ? "holds no DICOM images" : fmt::format("holds no images of the series {}", wanted),
                folder.string());
  }
  auto group = largest_group(path, std::move(groups), notes);
  refuse_broken(group, broken, beside.others, folder);
  auto& slices = group.slices;
  drop_copies(slices, notes);
  DicomSeries series;
  series.uid = group.uid;
  series.description = group.description;
  series.modality = group.modality;
  series.rows = slices[0].rows;
  series.columns = slices[0].columns;
  if (series.rows < 1 || series.columns < 1)
    throw Error(ErrorKind::data, "an image without rows and columns", slices[0].path.string());
  if (slices[0].frames > 1) {
    series.multi_frame = true;
    series.planes = {slices[0].path};
    series.channels = {series.planes};
    return series;
  }
  // A single picture may lie nowhere; a stack may not.
  if (slices.size() == 1 && (slices[0].position.empty() || slices[0].orientation.empty() || slices[0].spacing.size() != 2)) {
    series.planes = {slices[0].path};
    series.channels = {series.planes};
    return series;
  }
  const auto axes = axes_of(slices[0]);
  for (auto& slice : slices) {
    axes_of(slice);
    if (slice.spacing.size() != 2 || slice.spacing != slices[0].spacing)
      throw Error(ErrorKind::data, "the pixel spacing (0028,0030) is missing or differs from slice to slice",
                  slice.path.string());
    slice.place = along({slice.position[0], slice.position[1], slice.position[2]}, axes[2]);
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
    if (std::abs(a.place - b.place) > 1e-3) return a.place < b.place;
    return std::tie(a.acquisition, a.number, a.path) < std::tie(b.acquisition, b.number, b.path);
  });
  const auto channels = repeats(slices, path);
  series.channels.resize(channels);
  std::vector<Slice> first;
  std::vector<double> places;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    series.channels[i % channels].push_back(slices[i].path);
    if (i % channels != 0) continue;
    first.push_back(slices[i]);
    places.push_back(slices[i].place);
  }
  series.planes = series.channels[0];
  check_even(places, path, uneven, notes);
  set_geometry(series, first, axes);
  return series;
}

}  // namespace plexus
