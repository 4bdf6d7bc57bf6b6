// Subjects of the parity cases on data of the midline-shift method.
#include <ATen/ATen.h>

#include <fstream>

#include <plexus/data/head_ct.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/spatial_augment.hpp>

#include "mls_records.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

Outcome load_slice(const Case& of) {
  const auto window = of.option("window", std::vector<double>{0, 80});
  auto image = windowed(of.input("hu")[of.config.at("slice").get<std::int64_t>()], window.at(0), window.at(1)).unsqueeze(0);
  if (of.option("flip", false)) image = image.flip(-1);
  if (!of.config.at("angle").is_null()) image = turned_with_border(image, of.config.at("angle").get<double>());
  return {{{"slice", image}}, {}, {}};
}

Outcome head_mask(const Case& of) {
  const auto slice = windowed(of.input("hu"), 0, 80);
  return {{{"slice", slice}, {"mask", plexus::head_mask(slice)}}, {}, {}};
}

Outcome slice_index(const Case& of) {
  const auto rows = datasets::mls_slice_index(of.config.at("depths").get<std::vector<std::int64_t>>(),
                                              of.config.at("labelled").get<std::vector<std::vector<std::int64_t>>>(), {},
                                              of.config.at("labelled_only").get<bool>());
  auto table = at::empty({static_cast<std::int64_t>(rows.size()), 3}, at::kLong);
  for (std::size_t r = 0; r < rows.size(); ++r)
    std::copy(rows[r].begin(), rows[r].end(), table.mutable_data_ptr<std::int64_t>() + 3 * r);
  return {{{"rows", table}}, {}, {}};
}

Outcome metadata(const Case& of) {
  const auto records = datasets::parse_mls_pickle(bytes_of(of.config.at("pickle_hex").get<std::string>()), of.name);
  const auto ids = of.config.at("ids").get<std::vector<std::string>>(),
             paths = of.config.at("paths").get<std::vector<std::string>>();
  std::vector<double> positive, mls;
  std::vector<at::Tensor> rows, landmarks;
  for (std::size_t r = 0; r < records.size(); ++r) {
    if (records[r].id != ids.at(r) || records[r].path != paths.at(r))
      throw std::runtime_error("case " + records[r].id + " at " + records[r].path + " is not " + ids.at(r) + " at " +
                               paths.at(r));
    positive.push_back(records[r].positive ? 1 : 0);
    mls.push_back(records[r].mls);
    for (const auto& [slice, points] : records[r].landmarks) {
      rows.push_back(at::tensor({static_cast<std::int64_t>(r), slice}));
      landmarks.push_back(points);
    }
  }
  return {{{"positive", at::tensor(positive)},
           {"mls", at::tensor(mls)},
           {"landmark_rows", at::stack(rows)},
           {"landmarks", at::stack(landmarks)}},
          {},
          {}};
}

Outcome npy(const Case& of) {
  const auto path = std::filesystem::temp_directory_path() / ("plexus-parity-" + of.name + ".npy");
  const auto bytes = bytes_of(of.config.at("npy_hex").get<std::string>());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto volume = read_npy(path).to(at::kFloat);
  std::filesystem::remove(path);
  return {{{"volume", volume}}, {}, {}};
}

}  // namespace

void register_datasets_parity_mls(Subjects& subjects) {
  subjects.add("mls.load_slice", load_slice);
  subjects.add("mls.head_mask", head_mask);
  subjects.add("mls.slice_index", slice_index);
  subjects.add("mls.metadata", metadata);
  subjects.add("mls.npy", npy);
}

}  // namespace plexus::parity
