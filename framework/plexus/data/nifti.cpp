#include <plexus/data/nifti.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

constexpr std::size_t size1 = 348, size2 = 540;

template <class T>
T byteswapped(T value) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  std::reverse(bytes.begin(), bytes.end());
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Takes fields out of bytes, and (Writer, of the same shape) puts them back: one layout function serves both ways.
struct Reader {
  std::string_view bytes;
  bool swapped;

  template <class Stored, class Field>
  void number(std::size_t offset, Field& field) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + offset, sizeof(Stored));
    if (swapped) stored = byteswapped(stored);
    if constexpr (std::is_floating_point_v<Stored> && std::is_integral_v<Field>) {
      const bool fits = std::isfinite(stored) && std::abs(static_cast<double>(stored)) < 9e18;
      field = fits ? static_cast<Field>(stored) : std::numeric_limits<Field>::min();
    } else {
      field = static_cast<Field>(stored);
    }
  }
  void text(std::size_t offset, std::size_t length, std::string& field) {
    const auto part = bytes.substr(offset, length);
    field = std::string(part.substr(0, part.find('\0')));
  }
};

struct Writer {
  std::string& bytes;

  template <class Stored, class Field>
  void number(std::size_t offset, const Field& field) {
    const auto stored = static_cast<Stored>(field);
    std::memcpy(bytes.data() + offset, &stored, sizeof(Stored));
  }
  void text(std::size_t offset, std::size_t length, const std::string& field) {
    std::memcpy(bytes.data() + offset, field.data(), std::min(length, field.size()));
  }
};

template <class Stored, class Io, class Fields>
void numbers(Io& io, std::size_t offset, Fields& fields) {
  for (auto& field : fields) {
    io.template number<Stored>(offset, field);
    offset += sizeof(Stored);
  }
}

template <class Io, class Header>
void layout1(Io& io, Header& h) {
  io.template number<char>(39, h.dim_info);
  numbers<std::int16_t>(io, 40, h.dim);
  io.template number<float>(56, h.intent_p1);
  io.template number<float>(60, h.intent_p2);
  io.template number<float>(64, h.intent_p3);
  io.template number<std::int16_t>(68, h.intent_code);
  io.template number<std::int16_t>(70, h.datatype);
  io.template number<std::int16_t>(72, h.bitpix);
  io.template number<std::int16_t>(74, h.slice_start);
  numbers<float>(io, 76, h.pixdim);
  io.template number<float>(108, h.vox_offset);
  io.template number<float>(112, h.scl_slope);
  io.template number<float>(116, h.scl_inter);
  io.template number<std::int16_t>(120, h.slice_end);
  io.template number<signed char>(122, h.slice_code);
  io.template number<unsigned char>(123, h.xyzt_units);
  io.template number<float>(124, h.cal_max);
  io.template number<float>(128, h.cal_min);
  io.template number<float>(132, h.slice_duration);
  io.template number<float>(136, h.toffset);
  io.text(148, 80, h.descrip);
  io.text(228, 24, h.aux_file);
  io.template number<std::int16_t>(252, h.qform_code);
  io.template number<std::int16_t>(254, h.sform_code);
  numbers<float>(io, 256, h.quatern);
  numbers<float>(io, 268, h.qoffset);
  for (std::size_t row = 0; row < 3; ++row) numbers<float>(io, 280 + 16 * row, h.srow[row]);
  io.text(328, 16, h.intent_name);
}

template <class Io, class Header>
void layout2(Io& io, Header& h) {
  io.template number<std::int16_t>(12, h.datatype);
  io.template number<std::int16_t>(14, h.bitpix);
  numbers<std::int64_t>(io, 16, h.dim);
  io.template number<double>(80, h.intent_p1);
  io.template number<double>(88, h.intent_p2);
  io.template number<double>(96, h.intent_p3);
  numbers<double>(io, 104, h.pixdim);
  io.template number<std::int64_t>(168, h.vox_offset);
  io.template number<double>(176, h.scl_slope);
  io.template number<double>(184, h.scl_inter);
  io.template number<double>(192, h.cal_max);
  io.template number<double>(200, h.cal_min);
  io.template number<double>(208, h.slice_duration);
  io.template number<double>(216, h.toffset);
  io.template number<std::int64_t>(224, h.slice_start);
  io.template number<std::int64_t>(232, h.slice_end);
  io.text(240, 80, h.descrip);
  io.text(320, 24, h.aux_file);
  io.template number<std::int32_t>(344, h.qform_code);
  io.template number<std::int32_t>(348, h.sform_code);
  numbers<double>(io, 352, h.quatern);
  numbers<double>(io, 376, h.qoffset);
  for (std::size_t row = 0; row < 3; ++row) numbers<double>(io, 400 + 32 * row, h.srow[row]);
  io.template number<std::int32_t>(496, h.slice_code);
  io.template number<std::int32_t>(500, h.xyzt_units);
  io.template number<std::int32_t>(504, h.intent_code);
  io.text(508, 16, h.intent_name);
  io.template number<char>(524, h.dim_info);
}

[[noreturn]] void refuse(const std::string& where, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, message, where, hint);
}

void check(NiftiHeader& h, const std::string& where) {
  if (h.dim[0] < 1 || h.dim[0] > 7) refuse(where, fmt::format("the header says {} axes; NIfTI has 1 to 7", h.dim[0]));
  double voxels = 1;
  for (std::size_t axis = 1; axis < 8; ++axis) {
    if (static_cast<std::int64_t>(axis) > h.dim[0]) h.dim[axis] = 1;
    if (h.dim[axis] < 1) refuse(where, fmt::format("axis {} has the size {}", axis, h.dim[axis]));
    voxels *= static_cast<double>(h.dim[axis]);
  }
  const int bits = nifti_bits(h.datatype);
  if (bits == 0) refuse(where, fmt::format("unknown data type code {}", h.datatype));
  if (h.bitpix != bits)
    refuse(where, fmt::format("{} bits a voxel do not fit data type code {}, which has {}", h.bitpix, h.datatype, bits));
  if (voxels * bits / 8 > 9e18) refuse(where, "the sizes in the header overflow");
  const auto front = h.pair ? 0 : static_cast<std::int64_t>(h.version == 1 ? size1 + 4 : size2 + 4);
  if (h.vox_offset == 0) h.vox_offset = front;
  if (h.vox_offset < front || h.vox_offset > (std::int64_t{1} << 40))
    refuse(where, fmt::format("the voxels are said to begin at byte {}", h.vox_offset));
}

}  // namespace

int nifti_bits(int datatype) {
  switch (datatype) {
    case 1:
      return 1;
    case 2:
    case 256:
      return 8;
    case 4:
    case 512:
      return 16;
    case 128:
      return 24;
    case 8:
    case 16:
    case 768:
    case 2304:
      return 32;
    case 32:
    case 64:
    case 1024:
    case 1280:
      return 64;
    case 1536:
    case 1792:
      return 128;
    case 2048:
      return 256;
    default:
      return 0;
  }
}

NiftiHeader parse_nifti_header(std::string_view bytes, const std::string& where) {
  std::int32_t size = 0;
  if (bytes.size() >= 4) std::memcpy(&size, bytes.data(), 4);
  NiftiHeader header;
  const auto native = static_cast<std::uint32_t>(size);
  const auto other = static_cast<std::uint32_t>(byteswapped(size));
  header.swapped = native != size1 && native != size2;
  const auto told = header.swapped ? other : native;
  if (told != size1 && told != size2) refuse(where, "not a NIfTI file: it does not begin with a header of 348 or 540 bytes");
  if (bytes.size() < told) refuse(where, fmt::format("cut short: {} of {} header bytes are there", bytes.size(), told));
  header.version = told == size1 ? 1 : 2;
  const auto magic = bytes.substr(header.version == 1 ? 344 : 4, 4);
  header.pair = magic == (header.version == 1 ? std::string_view("ni1\0", 4) : std::string_view("ni2\0", 4));
  if (header.version == 1 && !header.pair && magic != std::string_view("n+1\0", 4))
    refuse(where, "an Analyze 7.5 header, or a damaged NIfTI one: it lacks the mark 'n+1'", "convert it to NIfTI");
  if (header.version == 2 && !header.pair && magic != std::string_view("n+2\0", 4))
    refuse(where, "a damaged NIfTI-2 header: it lacks the mark 'n+2'");
  Reader reader{bytes, header.swapped};
  if (header.version == 1)
    layout1(reader, header);
  else
    layout2(reader, header);
  check(header, where);
  return header;
}

std::string encode_nifti_header(const NiftiHeader& header) {
  const bool first = header.version == 1;
  const std::size_t size = first ? size1 : size2;
  std::string bytes(size + 4, '\0');  // four zero bytes: no extensions follow
  Writer writer{bytes};
  writer.number<std::int32_t>(0, size);
  if (first) {
    layout1(writer, header);
    bytes[38] = 'r';  // kept by readers of the older Analyze format
    std::memcpy(bytes.data() + 344, header.pair ? "ni1" : "n+1", 4);
  } else {
    layout2(writer, header);
    std::memcpy(bytes.data() + 4, header.pair ? "ni2\0\r\n\032\n" : "n+2\0\r\n\032\n", 8);
  }
  static_assert(std::endian::native == std::endian::little);
  return bytes;
}

}  // namespace plexus
