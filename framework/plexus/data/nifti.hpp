#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// The fields of a NIfTI header, of either version, in this machine's byte order. Units and codes as in the standard.
struct NiftiHeader {
  int version = 1;                    // 1: 348 bytes, 2: 540
  bool swapped = false;               // the file has the other byte order
  bool pair = false;                  // a .hdr whose voxels are in the .img beside it
  std::array<std::int64_t, 8> dim{};  // dim[0]: count of axes; 1…3 x, y, z; 4 time; 5 components
  std::array<double, 8> pixdim{};     // pixdim[0]: qfac
  std::int16_t datatype = 0, bitpix = 0;
  std::int64_t vox_offset = 0;
  double scl_slope = 0, scl_inter = 0, cal_max = 0, cal_min = 0, slice_duration = 0, toffset = 0;
  std::int64_t slice_start = 0, slice_end = 0;
  std::int32_t slice_code = 0, xyzt_units = 0, intent_code = 0;
  std::int32_t qform_code = 0, sform_code = 0;
  double intent_p1 = 0, intent_p2 = 0, intent_p3 = 0;
  std::array<double, 3> quatern{}, qoffset{};   // b, c, d; x, y, z
  std::array<std::array<double, 4>, 3> srow{};  // RAS+ world
  char dim_info = 0;
  std::string descrip, aux_file, intent_name;  // cut at the field's length when written
};

// Reads the header at the front of `bytes`; throws Error(data) with `where`: too short, no magic, sizes that are negative or
// overflow, an unknown data type, bits that do not fit it.
NiftiHeader parse_nifti_header(std::string_view bytes, const std::string& where);
// Bits of a voxel of a data type code, 0 where the standard knows none.
int nifti_bits(int datatype);
// 352 bytes (version 1, with the empty extension flag) or 544, little-endian. vox_offset is the caller's.
std::string encode_nifti_header(const NiftiHeader& header);

// Where the grid lies, by one rule: the sform where its code is above 0, else the qform where its code is, else pixdim
// alone. `source` tells which ("sform", "qform", "pixdim"). Spacing is the length of the transform's columns; pixdim that
// says otherwise is set to it and told in `notes`. Throws Error(data) for shear (columns off 90 degrees by more than 0.06
// degrees) unless `sheared` allows it (the direction's columns are then unit vectors off their right angles: shear.hpp), a
// singular transform and numbers that are not finite.
Geometry nifti_geometry(NiftiHeader& header, const std::string& where, std::string& source, std::vector<std::string>& notes,
                        bool sheared = false);
// Sets both transforms, their codes (kept where above 0, else 1) and pixdim to a geometry.
void set_nifti_geometry(NiftiHeader& header, const Geometry& geometry);

}  // namespace plexus
