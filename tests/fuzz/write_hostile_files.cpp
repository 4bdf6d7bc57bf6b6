// Writes the hostile files, and sound ones among them, for tests of whole programs: FOLDER [COUNT OF SOUND FILES] [SEED].
#include <cstdio>
#include <cstdlib>

#include "fuzz/hostile_files.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: plexus-hostile-files FOLDER [SOUND] [SEED]\n", stderr);
    return 2;
  }
  const auto files = plexus::test::write_hostile_files(argv[1], argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 20);
  const auto sound = plexus::test::write_sound_files(argv[1], argc > 2 ? std::atoi(argv[2]) : 0);
  for (const auto& file : files) std::printf("%s\t%s\n", file.path.c_str(), file.what.c_str());
  for (const auto& file : sound) std::printf("%s\tsound\n", file.c_str());
  return 0;
}
