#include <plexus/data/picture_read.hpp>

#include <cstdio>

#include <jpeglib.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>

// Both libraries return from errors by longjmp, which must not pass over destructors: the functions between setjmp and the
// libraries hold nothing that has one, and what they change is reached by pointers.
namespace plexus {
namespace {

struct PictureBytes {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0, at = 0;
};

struct PictureSize {
  std::int64_t width = 0, height = 0;
  int channels = 0, bytes = 1;  // of a channel
};

struct PngState {
  PictureBytes from;
  png_structp png = nullptr;
  png_infop info = nullptr;
  PictureSize size;
  bool grey_palette = false;
  std::vector<png_bytep>* rows = nullptr;
  std::jmp_buf back;
  char fault[128] = "";
};

void png_fault(png_structp png, png_const_charp message) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  std::snprintf(state->fault, sizeof state->fault, "%s", message);
  std::longjmp(state->back, 1);
}
void png_warned(png_structp, png_const_charp) {}
void png_take(png_structp png, png_bytep target, png_size_t count) {
  auto* from = static_cast<PictureBytes*>(png_get_io_ptr(png));
  if (count > from->size - from->at) png_error(png, "cut short");
  std::memcpy(target, from->bytes + from->at, count);
  from->at += count;
}

bool png_front(PngState* state) {
  if (setjmp(state->back) != 0) return false;
  state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, png_fault, png_warned);
  if (state->png == nullptr) return false;
  state->info = png_create_info_struct(state->png);
  if (state->info == nullptr) return false;
  png_set_user_limits(state->png, 1000000, 1000000);
  png_set_read_fn(state->png, &state->from, png_take);
  png_read_info(state->png, state->info);
  if (png_get_color_type(state->png, state->info) == PNG_COLOR_TYPE_PALETTE) {
    png_colorp palette = nullptr;
    int colours = 0;
    png_get_PLTE(state->png, state->info, &palette, &colours);
    state->grey_palette = true;
    for (int i = 0; i < colours; ++i)
      state->grey_palette = state->grey_palette && palette[i].red == palette[i].green && palette[i].red == palette[i].blue;
    png_set_palette_to_rgb(state->png);
  }
  if (png_get_bit_depth(state->png, state->info) < 8) png_set_expand_gray_1_2_4_to_8(state->png);
  if (png_get_bit_depth(state->png, state->info) == 16) png_set_swap(state->png);
  png_set_interlace_handling(state->png);
  png_read_update_info(state->png, state->info);
  state->size = {png_get_image_width(state->png, state->info), png_get_image_height(state->png, state->info),
                 png_get_channels(state->png, state->info), png_get_bit_depth(state->png, state->info) / 8};
  return true;
}

bool png_pixels(PngState* state) {
  if (setjmp(state->back) != 0) return false;
  png_read_image(state->png, state->rows->data());
  png_read_end(state->png, nullptr);
  return true;
}

struct JpegState {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  PictureBytes from;
  PictureSize size;
  unsigned char* target = nullptr;
  std::jmp_buf back;
  char fault[JMSG_LENGTH_MAX] = "";
};

void jpeg_fault(j_common_ptr jpeg) {
  auto* state = static_cast<JpegState*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, state->fault);
  std::longjmp(state->back, 1);
}
void jpeg_warned(j_common_ptr jpeg, int level) {
  if (level < 0) jpeg_fault(jpeg);  // damaged data, which libjpeg would fill with grey
}

bool jpeg_front(JpegState* state) {
  auto* jpeg = &state->jpeg;
  if (setjmp(state->back) != 0) return false;
  jpeg->err = jpeg_std_error(&state->errors);
  state->errors.error_exit = jpeg_fault;
  state->errors.emit_message = jpeg_warned;
  jpeg->client_data = state;
  jpeg_create_decompress(jpeg);
  jpeg->client_data = state;
  jpeg_mem_src(jpeg, state->from.bytes, state->from.size);
  jpeg_read_header(jpeg, TRUE);
  state->size = {jpeg->image_width, jpeg->image_height, jpeg->num_components, 1};
  return true;
}

bool jpeg_pixels(JpegState* state) {
  auto* jpeg = &state->jpeg;
  if (setjmp(state->back) != 0) return false;
  jpeg->out_color_space = state->size.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = state->target + static_cast<std::size_t>(jpeg->output_scanline) * jpeg->output_width *
                                       static_cast<std::size_t>(jpeg->output_components);
    jpeg_read_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_decompress(jpeg);
  return true;
}

at::Tensor held_bytes(const std::filesystem::path& path) { return file_bytes(path, 0, std::filesystem::file_size(path)); }

PictureBytes bytes_of_picture(const at::Tensor& held) { return {held.const_data_ptr<std::uint8_t>(), held.nbytes(), 0}; }

[[noreturn]] void refuse_picture(const std::filesystem::path& path, const std::string& kind, const std::string& why) {
  throw Error(ErrorKind::data, fmt::format("a damaged {}{}{}", kind, why.empty() ? "" : ": ", why), path.string(),
              "copy or download the file again");
}

// [H, W, C] for the pixels, once the sizes are known to be sound.
at::Tensor room(const PictureSize& size, std::size_t held, const std::filesystem::path& path, const std::string& kind) {
  if (size.channels == 2 || size.channels == 4) {
    throw Error(ErrorKind::data, "RGBA pixels are not intensities or labels", path.string(),
                "give an image in grey or RGB, without transparency");
  }
  const auto bytes = static_cast<double>(size.width) * static_cast<double>(size.height) * size.channels * size.bytes;
  if (size.width < 1 || size.height < 1 || (size.channels != 1 && size.channels != 3) ||
      bytes > static_cast<double>(most_inflated(held)))
    refuse_picture(path, kind, fmt::format("{} x {} pixels in {}", size.width, size.height, human_bytes(held)));
  return allocate({size.height, size.width, size.channels * size.bytes}, at::kByte, path.string());
}

at::Tensor channels_of(const at::Tensor& pixels) { return pixels.permute({2, 0, 1}).unsqueeze(1).contiguous(); }

}  // namespace

at::Tensor read_png(const std::filesystem::path& path, bool pixels) {
  const auto held = held_bytes(path);
  struct Owner {
    PngState state;
    ~Owner() { png_destroy_read_struct(&state.png, &state.info, nullptr); }
  } owner;
  auto& state = owner.state;
  state.from = bytes_of_picture(held);
  if (!png_front(&state)) refuse_picture(path, "PNG", state.fault);
  const auto values = room(state.size, held.nbytes(), path, "PNG");
  std::vector<png_bytep> rows;
  for (std::int64_t y = 0; y < state.size.height; ++y)
    rows.push_back(values.mutable_data_ptr<std::uint8_t>() + y * values.stride(0));
  state.rows = &rows;
  if (pixels && !png_pixels(&state)) refuse_picture(path, "PNG", state.fault);
  if (state.size.bytes == 1) {
    const auto channels = channels_of(values);
    return state.grey_palette ? channels.narrow(0, 0, 1).contiguous() : channels;
  }
  const auto wide = as_elements(values.flatten(), {ElementType::Kind::unsigned_integer, 2}, false, path.string());
  return channels_of(wide.view({state.size.height, state.size.width, state.size.channels}));
}

at::Tensor read_jpeg(const std::filesystem::path& path, bool pixels) {
  const auto held = held_bytes(path);
  struct Owner {
    JpegState state;
    ~Owner() { jpeg_destroy_decompress(&state.jpeg); }
  } owner;
  auto& state = owner.state;
  state.from = bytes_of_picture(held);
  if (!jpeg_front(&state)) refuse_picture(path, "JPEG", state.fault);
  const auto values = room(state.size, held.nbytes(), path, "JPEG");
  state.target = values.mutable_data_ptr<std::uint8_t>();
  if (pixels && !jpeg_pixels(&state)) refuse_picture(path, "JPEG", state.fault);
  return channels_of(values);
}

}  // namespace plexus
