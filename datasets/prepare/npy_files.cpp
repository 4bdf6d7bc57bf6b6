#include "npy_files.hpp"

#include <algorithm>
#include <set>
#include <span>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {

std::vector<std::string> npy_outputs(const std::vector<std::string>& ids) {
  std::vector<std::string> files;
  for (const auto& id : ids)
    for (const char* kind : {"image", "label"}) files.push_back(fmt::format("npy/{}_{}.npy", id, kind));
  return files;
}

void write_npy_pair(const std::string& target, const std::string& id, const ImageLabel& pair) {
  const auto folder = std::filesystem::path(target) / "npy";
  make_folder(folder);
  write_npy(folder / (id + "_label.npy"), pair.label);
  write_npy(folder / (id + "_image.npy"), pair.image);
}

Job npy_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label,
            std::uint64_t bytes) {
  Job job;
  job.id = id;
  job.inputs = {image.string(), label.string()};
  require_files(job.inputs, "every image needs its label");
  job.outputs = npy_outputs({id});
  job.bytes = bytes;
  return job;
}

ImageLabel read_pair(const Job& job) {
  const auto image = read_volume(job.inputs[0]), label = read_volume(job.inputs[1], {.label = true});
  if (image.data.sizes() != label.data.sizes())
    throw Error(ErrorKind::data, "its size is not that of " + job.inputs[0], job.inputs[1]);
  return {image.data, label.data};
}

void write_npy_lists(const std::string& target, const NamedLists& lists, const std::vector<Job>& done) {
  std::set<std::string> made;
  for (const auto& job : done) made.insert(job.id);
  const auto folder = std::filesystem::path(target) / "split_txts";
  make_folder(folder);
  for (const auto& [name, ids] : lists) {
    auto sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    std::size_t lacking = 0;
    for (const auto& id : sorted) {
      if (made.count(id) > 0)
        text += id + "\n";
      else
        ++lacking;
    }
    if (lacking > 0) log::warning(fmt::format("{} of {} cases of the list {} were not prepared", lacking, ids.size(), name));
    write_file(folder / (name + ".txt"), text);
  }
}

std::vector<std::string> shuffled(std::vector<std::string> ids, Rng rng) {
  std::sort(ids.begin(), ids.end());
  rng.shuffle(std::span<std::string>(ids));
  return ids;
}

}  // namespace plexus::datasets
