#include <plexus/report/pictures.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/report/overlay.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

fs::path picture_folder(const fs::path& stage) { return stage / "pictures"; }

}  // namespace

void log_picture(const fs::path& folder, std::string_view name, std::int64_t step, const at::Tensor& image, std::size_t keep) {
  const std::string own = safe_name(name);
  const auto rgb = image.dim() == 2 ? image.unsqueeze(-1).expand({-1, -1, 3}) : image;
  make_folder(picture_folder(folder));
  write_file(picture_folder(folder) / fmt::format("{}_{}.png", own, step), picture_png(rgb));
  auto all = logged_pictures(folder);
  std::erase_if(all, [&](const LoggedPicture& one) { return one.name != own; });
  for (std::size_t i = 0; i + keep < all.size(); ++i) {
    std::error_code ignored;  // an old picture too many is no reason to end a training
    fs::remove(all[i].file, ignored);
  }
}

std::vector<LoggedPicture> logged_pictures(const fs::path& folder) {
  std::vector<LoggedPicture> all;
  std::error_code fault;
  for (fs::directory_iterator entry(picture_folder(folder), fault), end; !fault && entry != end; entry.increment(fault)) {
    const std::string stem = entry->path().stem().string();
    const auto cut = stem.rfind('_');
    if (entry->path().extension() != ".png" || cut == std::string::npos) continue;
    LoggedPicture found{stem.substr(0, cut), 0, entry->path()};
    const char* const stop = stem.data() + stem.size();
    if (const auto [rest, wrong] = std::from_chars(stem.data() + cut + 1, stop, found.step); wrong == std::errc() && rest == stop)
      all.push_back(std::move(found));
  }
  std::sort(all.begin(), all.end(), [](const LoggedPicture& a, const LoggedPicture& b) {
    return std::tie(a.name, a.step) < std::tie(b.name, b.step);
  });
  return all;
}

}  // namespace plexus
