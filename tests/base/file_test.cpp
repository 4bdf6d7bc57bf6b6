#include <plexus/base/file.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using test::thrown;
using testing::HasSubstr;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Lets files grow to `bytes` only: writing beyond fails as on a full disk would (EFBIG).
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit low{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &low);
  }
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(File, WritesAndReadsAnyBytes) {
  const test::TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 300000; ++i) bytes += static_cast<char>(i * 7);
  write_file(folder / "a.bin", bytes);
  EXPECT_EQ(read_file(folder / "a.bin"), bytes);
  write_file(folder / "a.bin", "");
  EXPECT_EQ(read_file(folder / "a.bin"), "");
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(File, ReadingNamesThePathAndTheReason) {
  const test::TemporaryFolder folder;
  const Error missing = thrown([&] { read_file(folder / "none"); });
  EXPECT_EQ(missing.kind(), ErrorKind::data);
  EXPECT_THAT(missing.what(), HasSubstr("none: cannot open: No such file"));
  EXPECT_EQ(thrown([&] { read_file(folder.path()); }).kind(), ErrorKind::data);
}

TEST(File, WritingWhereNothingCanBeIsADataError) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(thrown([&] { write_file(folder / "none/a", "x"); }).kind(), ErrorKind::data);
  make_folder(folder / "taken");
  EXPECT_EQ(thrown([&] { write_file(folder / "taken", "x"); }).kind(), ErrorKind::data);
  EXPECT_EQ(thrown([&] { write_file(folder.path() / "", "x"); }).kind(), ErrorKind::data);
  EXPECT_EQ(entries(folder.path()), 1u);  // no temporary file is left
}

TEST(File, AFailedWriteLeavesTheOldFile) {
  const test::TemporaryFolder folder;
  write_file(folder / "a", "old");
  Error error(ErrorKind::internal, "");
  {
    const SizeLimit limit(1000);
    error = thrown([&] { write_file(folder / "a", std::string(5000, 'x')); });
  }
  EXPECT_EQ(error.kind(), ErrorKind::resource);
  EXPECT_THAT(error.what(), HasSubstr("no space left for writing; make room on the file system at /"));
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(File, AFullDeviceIsAResourceError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  AppendFile full("/dev/full");
  EXPECT_EQ(thrown([&] { full.write("x"); }).kind(), ErrorKind::resource);
}

TEST(WriteAtomically, GivesWritersTheSameSuffixInTheSameFolder) {
  const test::TemporaryFolder folder;
  write_atomically(folder / "case.nii.gz", [&](const fs::path& temporary) {
    EXPECT_EQ(temporary.parent_path(), folder.path());
    EXPECT_TRUE(temporary.string().ends_with(".nii.gz"));
    std::ofstream(temporary) << "content";
  });
  EXPECT_EQ(read_file(folder / "case.nii.gz"), "content");
}

TEST(WriteAtomically, TakesNamesAsLongAsTheyMayBe) {
  const test::TemporaryFolder folder;
  write_file(folder / std::string(255, 'n'), "x");
  EXPECT_EQ(read_file(folder / std::string(255, 'n')), "x");
}

TEST(WriteAtomically, RemovesThePartWhereTheWriterThrows) {
  const test::TemporaryFolder folder;
  write_file(folder / "a", "old");
  EXPECT_THROW(write_atomically(folder / "a",
                                [](const fs::path& temporary) {
                                  std::ofstream(temporary) << "part";
                                  throw std::runtime_error("mid-way");
                                }),
               std::runtime_error);
  EXPECT_EQ(thrown([&] { write_atomically(folder / "a", [](const fs::path&) {}); }).kind(), ErrorKind::data);
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(WriteAtomically, AKilledWriterLeavesTheOldOrTheNewFile) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a";
  write_file(path, std::string(1 << 20, '0'));
  const pid_t child = fork();
  if (child == 0) {
    for (char c = '1';; c = c == '9' ? '1' : static_cast<char>(c + 1)) write_file(path, std::string(1 << 20, c));
  }
  for (int i = 0; i < 60; ++i) {
    const std::string seen = read_file(path);
    ASSERT_EQ(seen, std::string(1 << 20, seen[0]));
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const std::string seen = read_file(path);
  EXPECT_EQ(seen, std::string(1 << 20, seen[0]));
}

TEST(AppendFile, AppendsCutsAndKeepsWhatIsThere) {
  const test::TemporaryFolder folder;
  write_file(folder / "a", "one\n");
  AppendFile file(folder / "a");
  file.write("two\n");
  EXPECT_EQ(file.size(), 8u);
  file.truncate(4);
  file.truncate(100);  // never longer
  file.write("three\n");
  file.flush();
  EXPECT_EQ(read_file(folder / "a"), "one\nthree\n");
}

TEST(AppendFile, LeavesNoTornLineWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  AppendFile file(folder / "a");
  file.write(std::string(900, 'x'));
  Error error(ErrorKind::internal, "");
  {
    const SizeLimit limit(1000);
    error = thrown([&] { file.write(std::string(500, 'y')); });
  }
  EXPECT_EQ(error.kind(), ErrorKind::resource);
  EXPECT_EQ(file.size(), 900u);
}

TEST(AppendFile, NamesThePathItCannotOpen) {
  EXPECT_THAT(thrown([] { AppendFile("/none/there/a"); }).what(), HasSubstr("/none/there/a"));
}

TEST(Sha256, KnowsTheStandardsExamples) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const test::TemporaryFolder folder;
  write_file(folder / "a", std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(folder / "a"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(FreeBytes, LooksAtTheNearestFolderThereIs) {
  const test::TemporaryFolder folder;
  EXPECT_GT(free_bytes(folder / "not/yet/there"), 0u);
  EXPECT_GT(free_bytes("relative/not/there"), 0u);
}

TEST(MakeFolder, MakesParentsAndSaysWhyNot) {
  const test::TemporaryFolder folder;
  make_folder(folder / "a/b/c");
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  write_file(folder / "file", "x");
  EXPECT_THAT(thrown([&] { make_folder(folder / "file"); }).what(), HasSubstr("cannot create the folder"));
  EXPECT_THAT(thrown([&] { make_folder(folder / "file/a"); }).what(), HasSubstr("file/a: cannot create the folder"));
}

TEST(SafeName, NamesNoOtherFolder) {
  EXPECT_EQ(safe_name("patient001_frame-01.a"), "patient001_frame-01.a");
  EXPECT_EQ(safe_name("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(safe_name(".."), "_.");
  EXPECT_EQ(safe_name(""), "_");
  EXPECT_EQ(safe_name(std::string("a\0b é", 6)).find('\0'), std::string::npos);
}

TEST(HumanBytes, RoundsToWhatPeopleRead) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(12 << 10), "12 KiB");
  EXPECT_EQ(human_bytes(340 << 20), "340 MiB");
  EXPECT_EQ(human_bytes(1536ull << 20), "1.5 GiB");
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(~0ull), "16 EiB");
}

TEST(HumanSeconds, RoundsToWhatPeopleRead) {
  EXPECT_EQ(human_seconds(0.0042), "4.2 ms");
  EXPECT_EQ(human_seconds(0.035), "35 ms");
  EXPECT_EQ(human_seconds(4.2), "4.2 s");
  EXPECT_EQ(human_seconds(59.97), "1 min 0 s");
  EXPECT_EQ(human_seconds(200), "3 min 20 s");
  EXPECT_EQ(human_seconds(3599.7), "1 h 0 min");
  EXPECT_EQ(human_seconds(4320), "1 h 12 min");
  EXPECT_EQ(human_seconds(86400 * 2 + 3600 * 3), "2 d 3 h");
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::quiet_NaN()), "?");
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::infinity()), "for ever");
}

TEST(FolderLock, HoldsAFolderUntilItEnds) {
  const test::TemporaryFolder folder;
  {
    const FolderLock held(folder.path());
    EXPECT_THAT(test::message_of([&] { const FolderLock second(folder.path()); }), testing::HasSubstr("another process"));
  }
  const FolderLock again(folder.path());
}

}  // namespace
}  // namespace plexus
