#include "lists.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <plexus/base/file.hpp>

#include "shipped_lists.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

using test::expect_error;

TEST(Lists, KeepTheirOrder) {
  test::TemporaryFolder folder;
  write_file(folder / "a.list", "b_slice_2\r\na_slice_1\n\n  c \n");
  EXPECT_EQ(read_list(folder / "a.list"), (std::vector<std::string>{"b_slice_2", "a_slice_1", "c"}));
  write_file(folder / "twice.list", "a\nb\na\n");
  expect_error(ErrorKind::data, {"twice.list", "'a' twice"}, [&] { read_list(folder / "twice.list"); });
  write_file(folder / "empty.list", "\n");
  expect_error(ErrorKind::data, {"empty.list", "empty"}, [&] { read_list(folder / "empty.list"); });
  expect_error(ErrorKind::data, {"none.list", "cannot be read"}, [&] { read_list(folder / "none.list"); });
}

TEST(Lists, NamesTellCaseAndPatient) {
  EXPECT_EQ(split_slice("patient001_frame01_slice_12"), (std::pair<std::string, std::int64_t>{"patient001_frame01", 12}));
  EXPECT_EQ(split_slice("prostate_00"), (std::pair<std::string, std::int64_t>{"prostate_00", -1}));
  EXPECT_EQ(patient_of("patient001_frame01_slice_12"), "patient001");
  EXPECT_EQ(patient_of("patient1_LGE_slice_0"), "patient1");
  EXPECT_EQ(patient_of("prostate_00_slice_3"), "prostate_00");
}

TEST(Lists, LabelledSlicesAreThoseOfTheFirstPatients) {
  const std::vector<std::string> names{"patient099_frame01_slice_1", "patient099_frame01_slice_2",
                                       "patient099_frame02_slice_1", "patient003_frame01_slice_1",
                                       "patient003_frame02_slice_1", "patient050_frame01_slice_1"};
  EXPECT_EQ(labeled_prefix(names, 1), 3u);
  EXPECT_EQ(labeled_prefix(names, 2), 5u);
  EXPECT_EQ(labeled_prefix(names, 3), 6u);
  expect_error(ErrorKind::configuration, {"4 labelled patients", "holds 3"}, [&] { labeled_prefix(names, 4); });
}

TEST(Lists, LabelsAreRoundedAndChecked) {
  const auto label = checked_label(torch::tensor({0.0F, 0.9999F, 2.0001F}), 3, "x");
  EXPECT_TRUE(torch::equal(label, torch::tensor({0, 1, 2}, at::kByte)));
  expect_error(ErrorKind::data, {"x", "from 0 to 4; there are 4 classes: 0 to 3"}, [] {
    checked_label(torch::tensor({0, 4}), 4, "x");
  });
  expect_error(ErrorKind::data, {"x"}, [] { checked_label(torch::tensor({0, -1}), 4, "x"); });
  expect_error(ErrorKind::data, {"x"}, [] { checked_label(torch::tensor({0.0, std::nan("")}), 4, "x"); });
}

TEST(ShippedLists, ArePartitionsOfTheSizesPublished) {
  const auto together = [](const std::vector<std::string>& names) {
    std::set<std::string> ids;
    std::size_t count = 0;
    for (const auto& name : names) {
      const auto list = shipped_list(name);
      ids.insert(list.begin(), list.end());
      count += list.size();
    }
    EXPECT_EQ(ids.size(), count);
    return count;
  };
  EXPECT_EQ(together({"synapse/labeled_0.2", "synapse/unlabeled_0.2", "synapse/eval", "synapse/test"}), 30u);
  for (const std::string way : {"ct2mr", "mr2ct"}) {
    const auto to = way.substr(3);
    EXPECT_EQ(shipped_list("mmwhs/train_" + way + "_labeled").size(), 16u);
    EXPECT_EQ(together({"mmwhs/train_" + way + "_unlabeled", "mmwhs/eval_" + way, "mmwhs/test_" + to}), 20u);
  }
  EXPECT_THROW(shipped_list("synapse/train"), std::logic_error);
}

}  // namespace
}  // namespace plexus::datasets
