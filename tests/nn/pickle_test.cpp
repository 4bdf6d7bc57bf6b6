#include <plexus/nn/pickle.hpp>

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

using testing::HasSubstr;
using Kind = PickleValue::Kind;

std::filesystem::path file(const std::string& name) {
  return std::filesystem::path(PLEXUS_SOURCE_DIR) / "tests/nn/files" / name;
}

Error refused(std::string_view bytes) {
  const auto error = test::thrown([&] { read_pickle(bytes, "here"); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(error.where(), "here");
  return error;
}

// Reads whatever it is; the only way to fail is Error(data). True where it was read.
bool survives(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // a new file is written many times as fast as a shortened one
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    read_torch_file(path);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_FALSE(error.message().empty());
  }
  return false;
}

void check_plain_values(const PickleValue& value) {
  const auto& plain = value.at("plain").items();
  ASSERT_EQ(plain.size(), 19U);
  EXPECT_TRUE(plain[0].is_none());
  EXPECT_TRUE(plain[1].flag());
  EXPECT_FALSE(plain[2].flag());
  const std::vector<std::int64_t> integers{0, 255, 256, 65536, -1, std::int64_t{1} << 40, -(std::int64_t{1} << 40)};
  for (std::size_t i = 0; i < integers.size(); ++i) EXPECT_EQ(plain[3 + i].integer(), integers[i]);
  EXPECT_EQ(plain[10].text(), "0x10000000000000000000000000");
  EXPECT_EQ(plain[11].text(), "-0x10000000000000000000000000");
  EXPECT_EQ(plain[12].real(), 1.5);
  EXPECT_EQ(plain[13].real(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(plain[14].text(), "häß");
  EXPECT_EQ(plain[15].bytes(), std::string("\0\xff", 2));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plain[16 + i].kind(), Kind::tuple);
    EXPECT_EQ(plain[16 + i].items().size(), (std::vector<std::size_t>{0, 1, 4})[i]);
  }

  const auto& numpy = value.at("np");
  EXPECT_EQ(numpy.at("f8").real(), 0.1);
  EXPECT_EQ(numpy.at("f4").real(), 0.5);
  EXPECT_EQ(numpy.at("i8").integer(), -7);
  EXPECT_TRUE(numpy.at("b").flag());
  EXPECT_TRUE(at::equal(numpy.at("array").tensor(), torch::arange(6, torch::kInt).view({2, 3})));
  EXPECT_TRUE(at::equal(numpy.at("fortran").tensor(), torch::arange(6, torch::kDouble).view({2, 3})));
  EXPECT_TRUE(at::equal(numpy.at("big").tensor(), torch::arange(3, torch::kShort)));

  EXPECT_EQ(value.at("args").at("lr").real(), 0.01);
  EXPECT_EQ(value.at("args").at("list").items().size(), 2U);
  EXPECT_EQ(value.at("set").items().at(0).integer(), 1);
  EXPECT_EQ(value.at("counter").at("a").integer(), 2);
  EXPECT_EQ(value.at("default").at("a").items().at(0).integer(), 1);
  ASSERT_NE(value.find(1), nullptr);
  EXPECT_EQ(value.find(1)->text(), "integer key");
}

class EveryValue : public testing::TestWithParam<const char*> {};

TEST_P(EveryValue, IsReadAsPythonWroteIt) {
  const auto value = read_torch_file(file(GetParam()));
  check_plain_values(value);

  const auto state = value.at("state").tensors();
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
                                          "norm.num_batches_tracked", "conv.weight"));
  EXPECT_TRUE(value.at("state").ordered());
  EXPECT_TRUE(at::equal(state.back().second, torch::arange(18).mul(0.5).view({2, 1, 3, 3})));

  EXPECT_TRUE(at::equal(value.at("parameter").tensor(), torch::tensor({1.5F, -2.5F})));
  EXPECT_FALSE(value.at("parameter").tensor().requires_grad());
  const std::vector<std::pair<std::string, at::ScalarType>> types{
      {"float32", at::kFloat}, {"float64", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
      {"uint8", at::kByte},    {"int8", at::kChar},      {"int16", at::kShort},  {"int32", at::kInt},
      {"int64", at::kLong},    {"bool", at::kBool}};
  for (const auto& [name, type] : types) {
    const auto& tensor = value.at("types").at(name).tensor();
    EXPECT_EQ(tensor.scalar_type(), type);
    EXPECT_TRUE(at::equal(tensor, torch::arange(3).to(type))) << name;
  }
  const auto& shared = value.at("shared").items();
  EXPECT_TRUE(at::equal(shared[2].tensor(), torch::arange(12, torch::kFloat).view({3, 4}).t()));
  EXPECT_TRUE(shared[0].tensor().is_alias_of(shared[1].tensor()));
  EXPECT_TRUE(shared[0].tensor().is_alias_of(shared[2].tensor()));
  EXPECT_EQ(value.at("scalar").tensor().dim(), 0);
  EXPECT_EQ(value.at("scalar").real(), 3.25);
  EXPECT_EQ(value.at("empty").tensor().sizes(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(value.at("size").items().at(1).integer(), 3);
  EXPECT_EQ(value.at("device").text(), "cuda:0");
  EXPECT_EQ(value.at("dtype").text(), "torch.float16");
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryValue, testing::Values("every_zip.pth", "every_legacy.pth"));

TEST(Pickle, ReadsEveryProtocol) {
  for (const auto* name : {"plain_2.pkl", "plain_3.pkl", "plain_4.pkl", "plain_5.pkl"}) {
    SCOPED_TRACE(name);
    check_plain_values(read_pickle(read_file(file(name)), name));
  }
}

TEST(Pickle, ReadsTypesWithoutAStorageClass) {
  const auto value = read_torch_file(file("typed_v3.pth"));
  EXPECT_EQ(value.at("u").tensor().scalar_type(), at::kUInt16);
  EXPECT_EQ(value.at("u").tensor().const_data_ptr<std::uint16_t>()[1], 65535);
  EXPECT_TRUE(at::equal(value.at("f8").tensor().to(at::kFloat), torch::tensor({1.0F, 2.0F})));
}

TEST(Pickle, WhatItWritesItReadsBack) {
  const test::TemporaryFolder folder;
  const auto base = torch::arange(12, torch::kFloat);
  const auto part = torch::arange(1000, torch::kFloat).narrow(0, 10, 4);
  const auto deep = torch::randn({2, 3, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto value = PickleValue::dict(
      {{"none", PickleValue()},
       {"flags", PickleValue::list({true, false})},
       {"numbers", PickleValue::tuple({0, -1, std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::min(), 0.1, -0.0})},
       {"text", "häß\n"},
       {"bytes", PickleValue::bytes(std::string("\0\x7f\x80\xff", 4))},
       {3, PickleValue::list({})},
       {"state", TensorMap{{"b", base.view({3, 4})}, {"a", base.narrow(0, 2, 3)}}},
       {"part", part},
       {"deep", deep},
       {"types",
        TensorMap{{"h", torch::ones(2, torch::kBFloat16)}, {"b", torch::ones(2, torch::kBool)}, {"n", torch::tensor(5)}}},
       {"empty", torch::empty({0, 2})}});
  write_torch_file(folder / "a.pth", value);
  const auto back = read_torch_file(folder / "a.pth");
  EXPECT_TRUE(back.at("none").is_none());
  EXPECT_TRUE(back.at("flags").items()[0].flag());
  EXPECT_EQ(back.at("numbers").items()[2].integer(), std::int64_t{1} << 62);
  EXPECT_EQ(back.at("numbers").items()[3].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(back.at("numbers").items()[4].real(), 0.1);
  EXPECT_TRUE(std::signbit(back.at("numbers").items()[5].real()));
  EXPECT_EQ(back.at("text").text(), "häß\n");
  EXPECT_EQ(back.at("bytes").bytes(), std::string("\0\x7f\x80\xff", 4));
  EXPECT_TRUE(back.find(3)->items().empty());
  const auto state = back.at("state").tensors();
  EXPECT_EQ(state[0].first, "b");
  EXPECT_TRUE(at::equal(state[0].second, base.view({3, 4})));
  EXPECT_TRUE(at::equal(state[1].second, base.narrow(0, 2, 3)));
  EXPECT_TRUE(state[0].second.is_alias_of(state[1].second));
  EXPECT_TRUE(at::equal(back.at("part").tensor(), part));
  EXPECT_EQ(back.at("part").tensor().storage().nbytes(), 16U) << "a part of a storage brings only itself";
  EXPECT_TRUE(at::equal(back.at("deep").tensor(), deep));
  EXPECT_EQ(back.at("deep").tensor().strides(), deep.strides());
  EXPECT_TRUE(at::equal(back.at("types").at("h").tensor(), torch::ones(2, torch::kBFloat16)));
  EXPECT_EQ(back.at("empty").tensor().sizes(), (std::vector<std::int64_t>{0, 2}));

  write_torch_file(folder / "b.pth", value);
  EXPECT_EQ(read_file(folder / "a.pth"), read_file(folder / "b.pth")) << "equal values give equal bytes";
}

TEST(Pickle, AFullDiskIsAResourceErrorAndKeepsTheOldFile) {
  const test::TemporaryFolder folder;
  write_torch_file(folder / "a.pth", 1);
  rlimit kept{};
  getrlimit(RLIMIT_FSIZE, &kept);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, kept.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto error = test::thrown([&] { write_torch_file(folder / "a.pth", torch::ones(100'000)); });
  setrlimit(RLIMIT_FSIZE, &kept);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.kind(), ErrorKind::resource);
  EXPECT_EQ(read_torch_file(folder / "a.pth").integer(), 1);
}

TEST(Pickle, RefusesACallAndRunsNothing) {
  const auto error = test::thrown([] { read_torch_file(file("calls_system.pth")); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_THAT(error.message(), testing::AnyOf("it asks to call posix.system, which Plexus never does",
                                              "it asks to call os.system, which Plexus never does"));
  EXPECT_THAT(error.hint(), HasSubstr("state dict"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/plexus-was-here"));
  EXPECT_THAT(refused("\x80\x02"
                      "cos\nsystem\nX\x02\0\0\0id\x85R.")
                  .message(),
              HasSubstr("os.system"));
  EXPECT_THAT(refused("\x80\x04\x8c\x08"
                      "builtins\x8c\x04"
                      "eval\x93.")
                  .message(),
              HasSubstr("builtins.eval"));
}

TEST(Pickle, RefusesAWholeModule) {
  const auto error = test::thrown([] { read_torch_file(file("whole_module.pth")); });
  EXPECT_THAT(error.message(), HasSubstr("whole module (networks.Net)"));
  EXPECT_THAT(error.hint(), HasSubstr("model.state_dict()"));
}

TEST(Pickle, RefusesOtherFiles) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(test::message_of([&] { read_torch_file(folder / "none.pth"); }), HasSubstr("no such file"));
  EXPECT_THAT(test::message_of([&] { read_torch_file(folder.path()); }), HasSubstr("cannot be read"));
  for (const auto* text : {"", "hello", "PK\x03\x04", "\x80\x02N.", "\x80\x02K\x01."})
    EXPECT_FALSE(survives(folder / "a.pth", text));
}

TEST(Pickle, HostilePicklesAreErrors) {
  using namespace std::string_literals;
  refused("");
  refused("\x80");
  refused("\x80\x01N.");
  refused("\x80\x02.");
  refused("\x80\x02NN.");
  refused("\x80\x02(N.");
  refused("\x80\x02t.");
  refused(
      "\x80\x02NK\x01"
      "a.");
  refused(
      "\x80\x02}K\x01"
      "a.");
  refused("\x80\x02}(K\x01u.");
  refused("\x80\x02h\x07.");
  refused("\x80\x02NR.");
  refused("\x80\x02N)\x81.");
  refused("\x80\x02]}b.");
  refused("\x80\x02I1\n.");
  refused(
      "\x80\x02X\xff\xff\xff\x7f"
      "abc.");
  refused(
      "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
      "abc.");
  refused("\x80\x02\x8b\xff\xff\xff\xff.");
  refused(
      "\x80\x02"
      "c" +
      std::string(5000, 'a'));
  refused(
      "\x80\x02"
      "ccollections\nOrderedDict\n.");
  refused(
      "\x80\x02"
      "ccollections\nOrderedDict\nN\x85R.");
  refused(
      "\x80\x02"
      "ctorch\nSize\n(J\xff\xff\xff\xfft\x85R.");
  refused("\x80\x02(X\x07\0\0\0storageK\x00tQ."s);
  EXPECT_THAT(refused("\x80\x02]q\0h\0a."s).message(), HasSubstr("contains itself"));
  EXPECT_THAT(refused("\x80\x02}q\0K\1h\0s."s).message(), HasSubstr("contains itself"));
  EXPECT_THAT(refused("\x80\x02" + std::string(5000, ']') + std::string(4999, 'a') + ".").message(), HasSubstr("nests deeper"));
  EXPECT_THAT(refused("\x80\x02(" + std::string(3'000'000, ']') + "t.").message(), HasSubstr("more than"));
  std::string doubling = "\x80\x02(]q"s + '\0';  // each list holds the one before it twice
  for (char i = 1; i <= 60; ++i) doubling += "](h"s + static_cast<char>(i - 1) + "h" + static_cast<char>(i - 1) + "eq" + i;
  EXPECT_THAT(refused(doubling + "t.").message(), HasSubstr("repeats its parts"));
  // Chains of shared parts must not nest deeper than one chain alone may.
  std::string chain = "\x80\x02(]q"s + '\0';
  for (char i = 1; i < 120; ++i) chain += "]h"s + static_cast<char>(i - 1) + "aq" + i;
  EXPECT_THAT(refused(chain + "t.").message(), HasSubstr("nests deeper"));
}

TEST(Pickle, HostileNumpyIsAnError) {
  using namespace std::string_literals;
  const auto dtype = [](const std::string& name) {
    return "cnumpy\ndtype\n(X"s + static_cast<char>(name.size()) + "\0\0\0"s + name + "K\0K\1tR"s;
  };
  const auto scalar = [&](const std::string& name, const std::string& bytes) {
    return "\x80\x03"
           "cnumpy.core.multiarray\nscalar\n("s +
           dtype(name) + "C" + static_cast<char>(bytes.size()) + bytes + "tR.";
  };
  EXPECT_EQ(read_pickle(scalar("i2", "\x05\x00"s), "").integer(), 5);
  EXPECT_EQ(read_pickle(scalar("u8", "\xff\xff\xff\xff\xff\xff\xff\xff"), "").text(), "0xffffffffffffffff");
  refused(scalar("i2", "\x05"));
  refused(scalar("O8", "12345678"));
  refused(scalar("V3", "123"));
}

TEST(Pickle, TensorsMustLieInTheirStorage) {
  const test::TemporaryFolder folder;
  write_torch_file(folder / "a.pth", torch::arange(6, torch::kFloat).view({2, 3}));
  const auto bytes = read_file(folder / "a.pth");
  const auto sizes = bytes.find(std::string("(J\x02\0\0\0J\x03\0\0\0t(J\x03\0\0\0J\x01\0\0\0t", 24));
  ASSERT_NE(sizes, std::string::npos);
  const auto with = [&](std::size_t offset, const std::string& replacement) {
    auto changed = bytes;
    changed.replace(sizes + offset, replacement.size(), replacement);
    return survives(folder / "b.pth", changed);
  };
  EXPECT_TRUE(with(2, "\x02"));
  EXPECT_FALSE(with(2, "\x03"));                            // one row too many
  EXPECT_FALSE(with(7, "\x04"));                            // a column too many
  EXPECT_FALSE(with(2, "\xff\xff\xff\xff"));                // -1 rows
  EXPECT_FALSE(with(2, "\xff\xff\xff\x7f"));                // 2^31 - 1 rows
  EXPECT_FALSE(with(14, "\x04"));                           // stride out of bounds
  EXPECT_FALSE(with(14, "\xff\xff\xff\xff"));               // negative stride
  EXPECT_FALSE(with(-5UL, std::string("J\x01\0\0\0", 5)));  // offset 1
  EXPECT_FALSE(with(-5UL, "J\xff\xff\xff\xff"));            // offset -1
  auto expanded = bytes;                                    // 2^31 - 1 elements over one
  expanded.replace(sizes, 24, std::string("(J\xff\xff\xff\x7fJ\x01\0\0\0t(J\0\0\0\0J\x01\0\0\0t", 24));
  EXPECT_FALSE(survives(folder / "b.pth", expanded));
}

TEST(Pickle, EveryTruncationIsAnError) {
  const test::TemporaryFolder folder;
  for (const auto* name : {"every_zip.pth", "every_legacy.pth"}) {
    const auto bytes = read_file(file(name));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      ASSERT_FALSE(survives(folder / "a.pth", bytes.substr(0, length))) << name << " cut to " << length;
    }
  }
}

TEST(Pickle, NoChangedByteCrashes) {
  const test::TemporaryFolder folder;
  for (const auto* name : {"every_zip.pth", "every_legacy.pth"}) {
    auto bytes = read_file(file(name));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const char kept = bytes[at];
      for (const int change : {0x01, 0xff}) {
        bytes[at] = static_cast<char>(kept ^ change);
        survives(folder / "a.pth", bytes);
      }
      bytes[at] = kept;
    }
  }
}

TEST(Pickle, ReadsTheAuthorsFiles) {
  const auto* given = std::getenv("PLEXUS_SHARED");
  const auto folder =
      (given != nullptr ? std::filesystem::path(given) : std::filesystem::path(PLEXUS_SOURCE_DIR) / ".." / "shared") /
      "checkpoints";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".pth") continue;
    SCOPED_TRACE(entry.path());
    const auto value = read_torch_file(entry.path());
    const auto* state = value.find("state_dict");
    if (state == nullptr) state = value.find("A");
    const auto tensors = (state == nullptr ? value : *state).tensors();
    EXPECT_GT(tensors.size(), 10U);
    for (const auto& [name, tensor] : tensors) EXPECT_TRUE(tensor.to(at::kDouble).isfinite().all().item<bool>()) << name;
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace plexus
