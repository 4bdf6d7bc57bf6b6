#include "mls_records.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>

#include <plexus/nn/pickle_numpy.hpp>
#include "mls_image.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

using test::expect_error;

PickleValue cases(PickleValue record) { return PickleValue::dict({{"case_1", std::move(record)}}); }

TEST(MlsRecords, RecordsMayBeShort) {
  const auto path_only = parse_mls_pickle(write_pickle(cases(PickleValue::list({"a.npy"}))), "m.pkl");
  ASSERT_EQ(path_only.size(), 1u);
  EXPECT_EQ(path_only[0].path, "a.npy");
  EXPECT_FALSE(path_only[0].positive);
  const auto unlabelled = parse_mls_pickle(write_pickle(cases(PickleValue::list({"a.npy", 1}))), "m.pkl");
  EXPECT_TRUE(unlabelled[0].positive);
}

TEST(MlsRecords, JsonReadsBackWhatWasWritten) {
  MlsRecord record;
  record.id = "a";
  record.path = "volumes/a.npy";
  record.positive = true;
  record.mls = 7.25;
  record.spacing = {0.9, 1.1};
  record.landmarks[12] = torch::arange(8, at::kDouble).reshape({4, 2}) / 3;
  const auto read = parse_mls_json(mls_json({record, record}), "m.json");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].id, "a");
  EXPECT_EQ(read[1].mls, 7.25);
  EXPECT_EQ(read[1].spacing, record.spacing);
  EXPECT_TRUE(torch::equal(read[1].landmarks.at(12), record.landmarks[12]));
}

TEST(MlsRecords, WrongFilesAreRefused) {
  expect_error(ErrorKind::data, {"m.pkl", "dictionary"},
               [] { parse_mls_pickle(write_pickle(PickleValue::list({1})), "m.pkl"); });
  expect_error(ErrorKind::data, {"case_1", "5 entries"}, [] {
    parse_mls_pickle(write_pickle(cases(PickleValue::list({"a", 1, PickleValue::dict({}), 0.0, 1}))), "m.pkl");
  });
  expect_error(ErrorKind::data, {"case_1", "not four points"}, [] {
    const auto points = PickleValue::dict({{9, torch::zeros({3, 2}, at::kDouble)}});
    parse_mls_pickle(write_pickle(cases(PickleValue::list({"a", 1, points}))), "m.pkl");
  });
  expect_error(ErrorKind::data, {"m.json", "JSON"}, [] { parse_mls_json("{\"cases\": [{\"id\": 3}]}", "m.json"); });
  expect_error(ErrorKind::data, {"m.json", "slice number"}, [] {
    parse_mls_json(R"({"cases": [{"id": "a", "path": "b", "landmarks": {"x": [[1, 2], [1, 2], [1, 2], [1, 2]]}}]})", "m.json");
  });
  test::TemporaryFolder folder;
  write_file(folder / "empty.json", "{\"cases\": []}");
  expect_error(ErrorKind::data, {"empty.json", "lists no cases"}, [&] { read_mls_metadata(folder / "empty.json"); });
}

}  // namespace
}  // namespace plexus::datasets
